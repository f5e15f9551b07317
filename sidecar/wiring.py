"""The only place where adapters meet verbs."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import requests
from redis import Redis

from sidecar.adapters import egress
from sidecar.adapters.counts import Counts
from sidecar.adapters.heartbeats import Heartbeats
from sidecar.adapters.keys import Keys, load_keys
from sidecar.adapters.redis_connection import connect
from sidecar.adapters.redis_continuity import Continuity
from sidecar.adapters.redis_deeds import Deeds
from sidecar.adapters.redis_glances import Glances
from sidecar.adapters.redis_lateness import LatenessKept
from sidecar.adapters.redis_log_ins import LogIns
from sidecar.adapters.redis_notes import SiteNotes
from sidecar.adapters.redis_room import Room
from sidecar.adapters.redis_sessions import SessionLists
from sidecar.adapters.redis_store import DueIndex, RedisStore
from sidecar.adapters.redis_tallies import Tallies
from sidecar.adapters.redis_visits import FollowedVisits
from sidecar.adapters.rq_jobs import TIMEOUT, Jobs
from sidecar.adapters.site_calls import SiteCalls
from sidecar.adapters.vault import Vault
from sidecar.adapters.wordpress import WordPress
from sidecar.config import Config, Site
from sidecar.domain.site import same_origin
from sidecar.track import note_skew


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """Everything that one process works with."""

    config: Config
    keys: Keys
    redis: Redis
    vault: Vault
    store: RedisStore
    room: Room
    continuity: Continuity
    due: DueIndex
    jobs: Jobs
    calls: SiteCalls
    notes: SiteNotes
    glances: Glances
    sessions: SessionLists
    tallies: Tallies
    lateness: LatenessKept
    heartbeats: Heartbeats
    counts: Counts
    log_ins: LogIns
    deeds: Deeds
    visits: FollowedVisits
    http: requests.Session
    public_http: requests.Session

    def wordpress(self, site: Site) -> WordPress:
        """The bridge of a site, at the address that it last checked in with.

        Only an address that is the operator's own choice may lead to a network within.
        """
        record = self.store.begin(site.id).record()
        check_in = record.check_in
        is_chosen = check_in is None or (
            bool(site.url) and same_origin(site.url, check_in.rest_url)
        )
        return WordPress(
            site,
            rest_url=check_in.rest_url if check_in else None,
            home_url=check_in.home_url if check_in else None,
            vault=self.vault,
            http=self.http if is_chosen else self.public_http,
            skew=record.skew,
            note_skew=partial(note_skew, self.store, site),
            count=partial(self.counts.add, "callbacks", site.id),
        )


def assemble(config: Config) -> Sidecar:
    """Wire a process up; no connection is made before it is needed. Raises ConfigError."""
    keys = load_keys(config)
    vault = Vault(keys.contact, keys.lookup)
    redis = connect(config)
    store = RedisStore(redis, vault)
    return Sidecar(
        config=config,
        keys=keys,
        redis=redis,
        vault=vault,
        store=store,
        room=Room(redis),
        continuity=Continuity(redis),
        due=DueIndex(redis, Counts(redis)),
        jobs=Jobs(redis),
        calls=SiteCalls(redis, timedelta(seconds=TIMEOUT)),
        notes=SiteNotes(redis),
        glances=Glances(redis),
        sessions=SessionLists(redis, store),
        tallies=Tallies(redis, store),
        lateness=LatenessKept(redis),
        heartbeats=Heartbeats(redis),
        counts=Counts(redis),
        log_ins=LogIns(redis),
        deeds=Deeds(redis),
        visits=FollowedVisits(redis),
        http=egress.session(anywhere=True),
        public_http=egress.session(anywhere=False),
    )
