"""What a Prometheus server reads: how much, how late, how often, and nothing about anyone."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sidecar.adapters.counts import NOT_UNDERSTOOD
from sidecar.config import Config
from sidecar.domain.lateness import BOUNDS
from sidecar.domain.session import State
from sidecar.web.access import Gate, may_see
from sidecar.wiring import Sidecar

PLAIN = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS = {
    "events": ("Events taken in, by what became of them.", ("site", "status")),
    "recoveries": ("Recoveries that ended, by how.", ("site", "outcome")),
    "clock_refusals": ("Webhooks refused for nothing but their sender's clock.", ("site",)),
    "callbacks": ("Calls to WordPress, by route and result.", ("site", "route", "result")),
}


def metrics(sidecar: Sidecar, gate: Gate) -> Blueprint:
    probes = Blueprint("metrics", __name__)

    @probes.get("/metrics")
    def metrics() -> Response:
        sites = list(sidecar.config.sites)
        if not _is_let_in(sidecar.config):
            gate.require()
            sites = [site for site in sites if may_see(site)]
        registry = CollectorRegistry()
        registry.register(_Reading(sidecar, sites))
        return Response(generate_latest(registry), content_type=PLAIN)

    return probes


def _is_let_in(config: Config) -> bool:
    """Tell whether the address that asks may read without logging in."""
    if "X-Forwarded-For" in request.headers and not config.server.trusted_proxies:
        # Nobody said that there is a proxy: the address would be its own, not the asker's.
        return False
    try:
        address = ipaddress.ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in config.metrics.allow)


class _Reading(Collector):
    """What Redis holds at this moment: the same from whichever process is asked."""

    def __init__(self, sidecar: Sidecar, sites: Iterable[str]) -> None:
        self._sidecar = sidecar
        self._sites = list(sites)

    def collect(self) -> Iterator[Metric]:
        yield from self._counters()
        yield self._lateness()
        yield self._sessions()
        yield from self._due()
        yield self._processes()
        yield from self._of_sites()

    def _counters(self) -> Iterator[Metric]:
        counts = self._sidecar.counts.read()
        for name, (told, labels) in _COUNTERS.items():
            family = CounterMetricFamily(f"booking_recovery_{name}", told, labels=labels)
            for (kind, *values), count in sorted(counts.items()):
                if kind == name and len(values) == len(labels) and values[0] in self._sites:
                    family.add_metric(values, count)
            yield family
        yield self._not_understood(counts)

    def _not_understood(self, counts: Mapping[tuple[str, ...], int]) -> Metric:
        family = CounterMetricFamily(
            "booking_recovery_not_understood",
            "What lay in Redis, made no sense, and was dropped, put off or aside.",
            labels=("what",),
        )
        for (kind, *what), count in sorted(counts.items()):
            if kind == NOT_UNDERSTOOD:
                family.add_metric(what, count)
        return family

    def _lateness(self) -> Metric:
        family = HistogramMetricFamily(
            "booking_recovery_lateness_seconds",
            "How long after their time messages were handed over.",
            labels=("site",),
        )
        counts = self._sidecar.counts.read()
        bounds = [*(str(bound.total_seconds()) for bound in BOUNDS), "+Inf"]
        for site in self._sites:
            numbers = (counts.get(("lateness", site, str(n)), 0) for n in range(len(bounds)))
            buckets = list(zip(bounds, accumulate(numbers), strict=True))
            seconds = counts.get(("lateness_milliseconds", site), 0) / 1000
            family.add_metric((site,), buckets, seconds)
        return family

    def _sessions(self) -> Metric:
        family = GaugeMetricFamily(
            "booking_recovery_sessions", "Sessions kept, by state.", labels=("site", "state")
        )
        for site in self._sites:
            counted = self._sidecar.sessions.by_state(site)
            for state in State:
                family.add_metric((site, state), counted[state])
        return family

    def _due(self) -> Iterator[Metric]:
        overdue, oldest = self._sidecar.due.backlog()
        yield GaugeMetricFamily(
            "booking_recovery_due", "Things that are due and that nobody has taken.", overdue
        )
        yield GaugeMetricFamily(
            "booking_recovery_due_oldest_seconds",
            "For how long the oldest of them has been due.",
            oldest.total_seconds(),
        )

    def _processes(self) -> Metric:
        family = GaugeMetricFamily(
            "booking_recovery_processes", "Processes that live.", labels=("role",)
        )
        alive = self._sidecar.heartbeats.alive()
        for role in ("worker", "clock"):
            family.add_metric((role,), alive[role])
        return family

    def _of_sites(self) -> Iterator[Metric]:
        heard = GaugeMetricFamily(
            "booking_recovery_last_event_timestamp_seconds",
            "When the last event came.",
            labels=("site",),
        )
        skew = GaugeMetricFamily(
            "booking_recovery_clock_skew_seconds",
            "By how much WordPress's clock is ahead of this machine's.",
            labels=("site",),
        )
        failing = GaugeMetricFamily(
            "booking_recovery_unanswered_calls",
            "Questions to WordPress that failed since the last that did not.",
            labels=("site",),
        )
        kept = GaugeMetricFamily(
            "booking_recovery_quarantined", "Events in quarantine.", labels=("site",)
        )
        unreadable = GaugeMetricFamily(
            "booking_recovery_unreadable_records",
            "Sessions and other records set aside because they could not be read.",
            labels=("site",),
        )
        for site in self._sites:
            kept.add_metric((site,), self._sidecar.store.count_quarantined(site))
            unreadable.add_metric((site,), self._sidecar.store.count_unreadable(site))
            record = self._sidecar.store.begin(site).record()
            skew.add_metric((site,), record.skew)
            if record.last_event_at is not None:
                heard.add_metric((site,), record.last_event_at.timestamp())
            failing.add_metric((site,), self._sidecar.notes.read(site).failures)
        yield kept
        yield unreadable
        yield heard
        yield failing
        yield skew
