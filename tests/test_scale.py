"""What is computed for one salon, an agency and a host."""

from bench.scale import PAGE, SIZES, Assumed, Figures, costs, install, report

ROW = {"id": "P8.ended", "figure": 600, "unit": "bytes"}


def test_a_figure_that_was_measured_takes_the_place_of_the_assumed_one() -> None:
    measured = {"date": "2026-05-06", "machine": "4 cores", "rows": [ROW]}

    assert "| a visit that has ended | 1,200 bytes | assumed |" in report({})
    assert "| a visit that has ended | 600 bytes | P8.ended |" in report(measured)


def test_a_smaller_visit_needs_less_of_redis() -> None:
    given = Assumed()
    large, small = (costs(Figures(rows), 2) for rows in ({}, {"P8.ended": ROW}))

    for sites in SIZES.values():
        assert install(sites, given, small).redis < install(sites, given, large).redis


def test_a_host_needs_sidecars_that_each_stay_within_what_one_bears() -> None:
    cost, given = costs(Figures({}), 2), Assumed()
    host = install(SIZES["a host"], given, cost)

    assert install(1, given, cost).shards == 1
    assert install(host.sites // host.shards, given, cost).shards == 1


def test_the_page_holds_what_the_script_writes() -> None:
    text = PAGE.read_text()
    computed = text.split("<!-- computed -->\n")[1].split("<!-- /computed -->")[0]

    names = [line.split(" | ")[0] for line in computed.splitlines()]
    assert names[2:] == [line.split(" | ")[0] for line in report({}).splitlines()][2:]
