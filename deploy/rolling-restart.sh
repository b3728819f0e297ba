#!/bin/sh
# Restarts all replicas one by one: clients notice nothing. A node that is told
# to stop serves on until the balancer has noticed, hands its streams over, and
# lets running calls finish.
#
#   deploy/rolling-restart.sh
set -eu
cd "$(dirname "$0")/.."

service=mcp-server

# Longer than DRAIN_DELAY (3 s) and DRAIN_DEADLINE (25 s) together.
patience=35

# How many seconds a node may take until it is healthy.
startup=60

# Waits until the container $1 is healthy: the next one may not stop before.
await_healthy() {
  waited=0
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]
  do
    if [ "$waited" -ge "$startup" ]; then
      echo "$1 is not healthy after $startup s; the others were left alone" >&2
      exit 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

replicas=$(docker compose ps -q "$service")
# The ids are words without special characters.
# shellcheck disable=SC2086
set -- $replicas

if [ "$#" -lt 2 ]; then
  echo "running replicas of $service: $#. It takes two, or nobody would serve" \
    "meanwhile. Try: docker compose up --detach --scale $service=2" >&2
  exit 1
fi

# All of them, or the restart of one could leave nobody who serves.
for replica in "$@"; do
  await_healthy "$replica"
done

for replica in "$@"; do
  echo "restarting $replica"
  # The short form of --timeout, which older versions of Docker call --time.
  docker stop -t "$patience" "$replica" >/dev/null
  docker start "$replica" >/dev/null
  await_healthy "$replica"
done
echo "$# replicas restarted"
