# The server in a small image: built with Rust, run without it.

# The manifests alone, with an empty program beside each. This stage runs again after
# every change, but its result is the same until a manifest or the lock file changes.
FROM rust:1.95-bookworm AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock -delete \
 && find . -type d -empty -delete \
 && find . -name Cargo.toml -printf '%h/src\n' | while read -r src; do \
      mkdir -p "$src" && touch "$src/lib.rs" && echo 'fn main() {}' > "$src/main.rs"; \
    done

# Docker compares the contents of these files, not their times: as long as the manifests
# are the same, the layer with the compiled dependencies is too.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --locked --profile dist --package final

# Cargo compares times, and a copied file may be older than that empty program.
COPY final final
RUN find final/src -name '*.rs' -exec touch {} + \
 && cargo build --locked --profile dist --package final

FROM debian:bookworm-slim
# For rediss:// addresses: whom to trust.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/target/dist/mcp-server /usr/local/bin/

# No name needed: nobody owns a file here, and nothing is written.
USER 10001:10001

# A container is reached from outside it.
ENV HOST=0.0.0.0 PORT=1453
EXPOSE 1453

# SIGTERM starts the drain. Docker's patience must be longer than DRAIN_DELAY
# and DRAIN_DEADLINE together: docker stop --timeout 35.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 \
  CMD ["mcp-server", "--healthcheck"]
ENTRYPOINT ["mcp-server"]
