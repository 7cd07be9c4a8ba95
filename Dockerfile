# syntax=docker/dockerfile:1
#
# The image: the npm package (`npm run build:package`) on the pinned Node, on a base without a shell.
# deploy/container/build.sh builds it for amd64 and arm64. Nothing is run for the processor that it is
# for: the program is the same on both, and Node is copied out of its own image.
#
# Images are named by their tags, so that this file can be read. Tags move: who builds for production
# gives each its digest, e.g. --build-arg RUNTIME=gcr.io/distroless/cc-debian13:nonroot@sha256:...
ARG NODE=node:24.21.0-trixie-slim
ARG RUNTIME=gcr.io/distroless/cc-debian13:nonroot

FROM --platform=$BUILDPLATFORM ${NODE} AS build
WORKDIR /src
# First what the packages depend on alone: it is built anew only when that has changed.
COPY package.json package-lock.json .npmrc ./
COPY web/package.json ./web/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node --disable-warning=ExperimentalWarning scripts/package/build-package.ts
# The base has no shell to make a folder with.
RUN mkdir -p /empty/llmproxy && chmod 0700 /empty/llmproxy

FROM ${NODE} AS node

FROM ${RUNTIME}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="LLMProxy" \
      org.opencontainers.image.description="A security-first gateway for large language models" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian13:nonroot"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/LICENSE /usr/local/share/doc/node/LICENSE
COPY --from=build /src/build/package /opt/llmproxy
COPY --from=build /src/deploy/container/lay-keys.cjs /opt/llmproxy/bin/lay-keys.cjs
COPY --from=build --chown=65532:65532 /empty/llmproxy /var/lib/llmproxy
# Kubernetes proves that it is not root by the number only.
USER 65532:65532
WORKDIR /var/lib/llmproxy
VOLUME ["/var/lib/llmproxy"]
# 8080 for applications, 8081 for administrators and metrics: publish the second to nobody else.
EXPOSE 8080 8081
# Nothing is written outside the volume, so the root can be read-only.
ENV NODE_DISABLE_COMPILE_CACHE=1
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/usr/local/bin/node", "/opt/llmproxy/bin/llmproxy.cjs", "health"]
ENTRYPOINT ["/usr/local/bin/node", "/opt/llmproxy/bin/llmproxy.cjs"]
CMD ["serve", "--config", "/etc/llmproxy/llmproxy.yaml"]
