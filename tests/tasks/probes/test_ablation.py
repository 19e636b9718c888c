import random
from collections import Counter
from collections.abc import Callable

import polars as pl
import pytest

from data.records import Sample, Scale
from data.samples import samples_table
from tasks.config import ProbeConfig
from tasks.probes import Found, Variant, estimate_probes
from tasks.probes.swaps import swaps
from tasks.prompts.changes import ImageChange
from tests.tasks.probes.pictured import item, near, of_arm, picture
from tests.tasks.probes.verdict_tables import QUICK, asked, estimated, holds, judged
from tests.tasks.probes.verdict_tables import said as said_of

LABELS = "12345"
SCORES = [item(n, label=LABELS[n % 5], source="ab"[n % 2]) for n in range(240)]
PAIRS = [item(n, "pair", "AB"[n % 2], source="ab"[n // 2 % 2]) for n in range(200)]


def said(label: int) -> list[int]:
    """What `near` says of a label, each as likely as the next."""
    return [min(5, max(1, label + moved)) for moved in (-1, 0, 0, 0, 1)]


def deviation(other: Callable[[int], list[int]]) -> float:
    """The mean deviation, over all labels, from what is said to what `other` makes of them."""
    pairs = [(y, z) for label in range(1, 6) for y in said(label) for z in other(label) if y > 1]
    weights = [1 / len(other(label)) for label in range(1, 6) for y in said(label)
               for _ in other(label) if y > 1]  # fmt: skip
    falls = [max(0, y - z) / (y - 1) for y, z in pairs]
    return sum(w * f for w, f in zip(weights, falls, strict=True)) / sum(weights)


def blind(variant: Variant, draw: random.Random) -> str:
    return str(near(variant.sample, draw))


def looking(variant: Variant, draw: random.Random) -> str:
    """Gives the label or its neighbour with the right picture, 1 or 2 without."""
    own = variant.sample.images == (picture(int(variant.sample.item_id[1:])),)
    changed = variant.images or variant.prompt.steps or not own
    return draw.choice("12") if changed else blind(variant, draw)


def test_a_picture_is_left_out_told_and_untold_blanked_and_exchanged() -> None:
    variants = asked("ablation", SCORES[0], SCORES)
    names = [name.partition("/")[0] for name in variants]
    assert names == ["base", "omitted", "black", "grey", "noise", "told", "mismatched", "foreign"]
    assert variants["omitted"].images == (ImageChange(do="omit"),)
    assert variants["told"].prompt.steps == "no-figure"
    assert variants["noise"].told == {"picture": "blank"}
    assert all(v.repeats == (2, 3) for name, v in variants.items() if name != "base")
    by_arm = dict(zip(names, variants.values(), strict=True))
    sources = {s.images: s.source for s in SCORES}
    assert sources[by_arm["mismatched"].sample.images] == SCORES[0].source
    assert sources[by_arm["foreign"].sample.images] != SCORES[0].source
    assert by_arm["mismatched"].sample.images != SCORES[0].images
    assert by_arm["foreign"].told == {"picture": "other"}


def test_a_sample_without_a_picture_is_not_asked() -> None:
    assert asked("ablation", item(1, images=())) == {}


@pytest.mark.parametrize("count", [2, 3, 7, 24])
def test_every_picture_stands_in_once_and_never_for_itself(count: int) -> None:
    samples = [item(n) for n in range(count)]
    found = swaps(samples).same
    assert len(found) == count
    assert all(found[s.cluster_id or ""].images != s.images for s in samples)
    assert max(Counter(swap.images for swap in found.values()).values()) == 1
    sizes = Counter(swap.group for swap in found.values())
    assert sorted(sizes.values()) == [2] * (count // 2 - count % 2) + [3] * (count % 2)


def test_partners_do_not_depend_on_the_order_of_samples_and_hardly_on_a_further_one() -> None:
    samples = [item(n) for n in range(60)]
    before = swaps(samples).same
    assert swaps(samples[::-1]).same == before
    after = swaps([*samples, item(60)]).same
    assert sum(after[key] != before[key] for key in before) <= 14


def test_partners_across_sources_are_never_of_one_source_and_a_lone_source_has_none() -> None:
    samples = [item(n, source="abc"[n % 3]) for n in range(30)]
    sources = {s.images: s.source for s in samples}
    found = swaps(samples).other
    assert len(found) >= 26
    assert all(sources[found[s.cluster_id or ""].images] != s.source
               for s in samples if s.cluster_id in found)  # fmt: skip
    assert swaps([item(n) for n in range(4)]).other == {}


def test_only_as_many_pictures_stand_in_and_a_lone_picture_has_no_partner() -> None:
    two = [item(n, images=(picture(n), picture(n + 50))) for n in (1, 2)]
    found = swaps([*two, item(3)]).same
    assert {len(swap.images) for swap in found.values()} == {2}
    assert item(3).cluster_id not in found


def test_a_judge_that_looks_loses_its_agreement_without_the_picture() -> None:
    found = estimated("ablation", SCORES, looking)
    for arm in ("omitted", "black", "told", "mismatched", "foreign"):
        row = of_arm(found, arm)
        assert row["agreement_lost"]["low"] > 0.2
        assert row["visual_lift"]["low"] > 0.6
        truth, noise = deviation(lambda label: [1, 2]), deviation(said)
        assert row["bias_deviation"]["value"] == pytest.approx(truth, abs=0.05)
        assert row["bias_deviation_rerun"]["value"] == pytest.approx(noise, abs=0.04)
        assert holds(row["bias_deviation_excess"], truth - noise)
        assert row["effect"]["high"] < -1
    assert of_arm(found, "foreign")["mismatch_auc"]["low"] > 0.7


def test_a_judge_that_never_looks_loses_nothing() -> None:
    found = estimated("ablation", SCORES, blind)
    for arm in ("black", "mismatched", "foreign"):
        row = of_arm(found, arm)
        assert row["bias_deviation"]["low"] > 0.02  # noise alone, which the twin takes away
        for metric in ("bias_deviation_excess", "raised", "visual_lift", "agreement_lost"):
            assert abs(row[metric]["value"]) < 0.08
        assert abs(row["effect"]["value"]) < 0.2
    assert abs(of_arm(found, "foreign")["mismatch_auc"]["value"] - 0.5) < 0.06


def test_pairs_lose_what_the_judge_owes_to_the_picture() -> None:
    def choose(variant: Variant, draw: random.Random) -> str:
        told = variant.sample.labels[0].verdict
        return told if not variant.images and draw.random() < 0.9 else draw.choice("AB")

    found = of_arm(estimated("ablation", PAIRS, choose), "black", "pair")
    assert found["agreement_lost"]["value"] == pytest.approx(0.45, abs=0.07)
    assert found["agreement_lost"]["value"] == pytest.approx(found["loss_shift"]["value"])


def test_refusals_of_blank_pictures_are_counted_and_are_no_scores() -> None:
    def refusing(variant: Variant, draw: random.Random) -> str | None:
        return None if variant.images else blind(variant, draw)

    found = of_arm(estimated("ablation", SCORES[:40], refusing), "grey")
    assert found["unreadable_shift"]["value"] == 1
    assert found["effect"]["value"] is None
    assert (found["effect"]["n"], found["effect"]["n_missing"]) == (0, 40)
    deviation, excess = found["bias_deviation"], found["bias_deviation_excess"]
    assert (deviation["value"], deviation["bound_low"], deviation["bound_high"]) == (None, 0, 1)
    assert excess["bound_high"] - excess["bound_low"] == pytest.approx(1)
    assert excess["bound_low"] < 0  # that of a rerun is known


def test_pictures_that_changed_places_are_one_cluster_and_so_are_all_their_samples() -> None:
    both = [s for n in range(40) for s in (item(n, label="3"), item(n + 1000, label="4",
            cluster_id=picture(n).sha256, images=(picture(n),)))]  # fmt: skip
    found = estimated("ablation", both, lambda variant, draw: draw.choice(LABELS))
    assert of_arm(found, "black")["effect"]["clusters"] == 40
    assert of_arm(found, "mismatched")["effect"]["clusters"] == 20
    groups = set(found.filter(pl.col("arm") == "foreign")["group"])
    assert groups == set()  # one source only


def test_what_two_pictures_have_in_common_widens_the_interval_of_their_mismatch() -> None:
    def by_group(variant: Variant, draw: random.Random) -> str:
        _, _, group = variant.variant.partition("mismatched/")
        return "3" if not group else "15"[int(group, 16) % 2]

    samples = [item(n) for n in range(200)]
    row = of_arm(estimated("ablation", samples, by_group), "mismatched")["effect"]
    error = 2 * (1 - (row["value"] / 2) ** 2) ** 0.5 / 100**0.5  # of 100 groups, not 200 pictures
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_mismatch_across_sources_is_resampled_over_all_sources_together() -> None:
    found = estimated("ablation", SCORES, blind)
    groups = set(found.filter(pl.col("arm") == "foreign")["group"])
    assert groups == {"pooled", "source:(none)"}
    assert of_arm(found, "foreign")["effect"]["clusters"] == pytest.approx(120, abs=4)


def test_it_is_counted_who_says_that_a_blank_picture_is_blank_and_who_says_it_of_a_real_one() -> (
    None
):
    verdicts = judged("ablation", PAIRS, said_of("ablation", PAIRS, lambda variant, draw: "A"))
    keys = [f"k{row}" for row in range(verdicts.height)]
    texts = {}
    for key, row in zip(keys, verdicts.iter_rows(named=True), strict=True):
        noticed = row["variant"] == "black" and row["repeat"] == 0
        mistaken = row["variant"] == "base" and row["sample_id"] == PAIRS[0].sample_id
        texts[key] = "The image is black." if noticed or mistaken else "The bar is red."
    given = verdicts.with_columns(request_key=pl.Series(keys))
    about = samples_table(PAIRS), given, ProbeConfig(), Scale(), QUICK
    found = estimate_probes({"ablation": Found(*about, texts=texts)})
    black, grey = (of_arm(found, arm, "pair") for arm in ("black", "grey"))
    assert (black["blank_said"]["value"], grey["blank_said"]["value"]) == (0.5, 0.0)
    assert black["blank_said_falsely"]["value"] == pytest.approx(1 / 200)
    assert "blank_said" not in of_arm(found, "told", "pair")  # its prompt says so itself
    assert "blank_said" not in of_arm(found, "mismatched", "pair")
    assert black["blank_said"]["low"] <= 0.5 <= black["blank_said"]["high"]


def test_without_texts_nothing_is_said_of_what_answers_say() -> None:
    found = of_arm(estimated("ablation", SCORES[:20], blind), "black")
    assert "blank_said" not in found


def test_unknown_clusters_stay_unclustered() -> None:
    samples: list[Sample] = [item(n, label="3", cluster_id=None) for n in range(10)]
    found = estimated("ablation", samples, blind)
    assert not of_arm(found, "mismatched")["effect"]["clustered"]
