#!/bin/sh
# Builds the image for amd64 and arm64 with buildx:
#
#   deploy/container/build.sh example.org/llmproxy:0.1.0            into a file, build/llmproxy-image.tar
#   deploy/container/build.sh example.org/llmproxy:0.1.0 --push     to where the name says
#
# PLATFORMS=linux/amd64 builds one of them. What follows the name is handed to `docker buildx build`:
# `--build-arg NODE=node:...@sha256:...` pins an image by its digest.
set -eu
cd "$(dirname "$0")/../.."
if [ $# -lt 1 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
name=$1
shift
# A tag says what was committed. With the time of the commit the image is the same when built again.
if [ -n "$(git status --porcelain)" ]; then
  echo "build.sh: there are changes that are not committed; commit them, or build from a clean checkout" >&2
  exit 1
fi
revision=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)

is_pushed=
for argument in "$@"; do
  case $argument in --push | --load | --output | --output=* | -o) is_pushed=yes ;; esac
done
if [ -z "$is_pushed" ]; then
  mkdir -p build
  set -- "$@" --output "type=oci,dest=build/llmproxy-image.tar,rewrite-timestamp=true"
fi
exec "${DOCKER:-docker}" buildx build \
  --platform "${PLATFORMS:-linux/amd64,linux/arm64}" \
  --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created" \
  --provenance=mode=max --sbom=true \
  --tag "$name" "$@" .
