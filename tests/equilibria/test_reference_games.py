"""The counts that are published with the public test games."""

import json

import pytest
from reference_files import FOLDER

import gametools as gt

EXPECTED = FOLDER / "expected.json"
COUNTS = (
    {name: value for name, value in json.loads(EXPECTED.read_text()).items() if name != "about"}
    if EXPECTED.exists()
    else {}
)
TWO = {name: value for name, value in COUNTS.items() if (FOLDER / f"{name}.nfg").exists()}


def solved(name, **options):
    game = gt.read_game(FOLDER / f"{name}.nfg")
    if game.num_players != 2:
        pytest.skip("more than two players")
    return gt.solve(game, method="vertex", **options)


def pure(result):
    return sum(all(len(own) == 1 for own in support) for support in result.supports())


@pytest.mark.skipif(not TWO, reason="the public test games are not here")
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", TWO)
def test_two_player_counts(name, exact):
    result = solved(name, exact=exact)
    wanted = TWO[name]
    assert result.complete
    assert len(result.equilibria) == wanted["equilibria"]
    if "pure" in wanted:
        assert pure(result) == wanted["pure"]
    isolated = all(len(members) == 1 for members in result.components)
    if not wanted.get("degenerate"):
        assert len(result.equilibria) % 2 == 1 or not isolated
    if exact:
        assert all(sum(s) == 1 for profile in result.exact for s in profile)
