# syntax=docker/dockerfile:1
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev libsqlite3-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product falgate \
    && install -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/falgate" /falgate

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 libsqlite3-0 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 65532 --home-dir /data --create-home falgate
COPY --from=build /falgate /usr/local/bin/falgate
USER 65532
# The ledger lives here; mount a volume to keep it.
WORKDIR /data
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["falgate", "health", "--liveness"]
ENTRYPOINT ["falgate"]
CMD ["serve", "--config", "/config.yaml", "--host", "0.0.0.0", "--port", "4000"]
