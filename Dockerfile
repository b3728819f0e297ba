# The server in a small image: built with Rust, run without it.

FROM rust:1.95-bookworm AS build
WORKDIR /src

# Dependencies change less often than our code. Built against empty programs,
# they stay in a layer of their own.
COPY Cargo.toml Cargo.lock ./
COPY final/Cargo.toml final/
COPY book/reference/Cargo.toml book/reference/
COPY lab/Cargo.toml lab/
COPY testkit/Cargo.toml testkit/
COPY tests/Cargo.toml tests/
COPY xtask/Cargo.toml xtask/
# The lock file counts all members of the workspace, also those that are not built.
COPY chapters chapters
COPY book/preprocessor book/preprocessor
RUN mkdir -p book/reference/src final/src lab/src testkit/src tests/src xtask/src \
 && touch book/reference/src/lib.rs final/src/lib.rs lab/src/lib.rs testkit/src/lib.rs tests/src/lib.rs \
 && echo 'fn main() {}' | tee final/src/main.rs > xtask/src/main.rs \
 && cargo build --locked --profile dist --package final

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
