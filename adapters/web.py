"""The operator's listener: is it alive, can it work, what should somebody look at.

Counts and yes or no, under enumerated labels; nothing of the process itself (its use of time or
memory moves when a worker acts), no access log, nothing about a community.
"""

from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.ports import Health

Ask = Callable[[], Awaitable[Health]]


def application(ask: Ask) -> web.Application:
    """``/healthz``, ``/readyz`` and ``/metrics``, each from one look."""

    async def alive(request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(request: web.Request) -> web.Response:
        health = await ask()
        return web.json_response(_told(health), status=200 if health.ready else 503)

    async def metrics(request: web.Request) -> web.Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Look(await ask()))
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(registry), headers=headers)

    app = web.Application()
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
    return app


def _told(health: Health) -> dict[str, object]:
    figures = health.figures or {}
    return {
        "ready": health.ready,
        "database": health.database,
        "keys": health.keys,
        "platforms": dict(health.platforms),
        **{figure.value: count for figure, count in figures.items()},
    }


class _Look(Collector):
    """One look, in Prometheus' words."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        reached = GaugeMetricFamily(
            "groundswell_reached", "Whether it can be reached: 1 or 0.", labels=["what"]
        )
        parts = {"database": self._health.database, "keys": self._health.keys}
        for what, yes in (parts | dict(self._health.platforms)).items():
            reached.add_metric([what], float(yes))
        yield reached
        if self._health.figures is not None:
            look = GaugeMetricFamily(
                "groundswell_to_look_at", "What somebody should look at.", labels=["what"]
            )
            for figure, count in self._health.figures.items():
                look.add_metric([figure.value], count)
            yield look
