import numpy as np
import pytest

from gametools.validation import choice, count, finite_array, generator, number


@pytest.mark.parametrize("value", [2, 2.5, np.float32(2.5), np.int8(2)], ids=repr)
def test_numbers_of_every_kind_become_floats(value):
    result = number("x", value)
    assert (type(result), result) == (float, float(value))


@pytest.mark.parametrize(
    ("value", "bounds", "error", "message"),
    [
        ("2", {}, TypeError, "`x` must be a number; got '2'."),
        (None, {}, TypeError, "`x` must be a number; got None."),
        (True, {}, TypeError, "`x` must be a number; got True."),
        (np.bool_(True), {}, TypeError, "`x` must be a number; got np.True_."),
        (1j, {}, TypeError, "`x` must be a number; got 1j."),
        (float("nan"), {}, ValueError, "`x` must be finite; got nan."),
        (float("-inf"), {"at_most": 0}, ValueError, "`x` must be finite; got -inf."),
        (0, {"above": 0}, ValueError, "`x` must be positive; got 0."),
        (1.5, {"above": 1.5}, ValueError, "`x` must be greater than 1.5; got 1.5."),
        (-1, {"at_least": 0}, ValueError, "`x` must be at least 0; got -1."),
        (1.1, {"at_most": 1}, ValueError, "`x` must be at most 1; got 1.1."),
    ],
    ids=repr,
)
def test_numbers_out_of_bounds_are_refused(value, bounds, error, message):
    with pytest.raises(error) as caught:
        number("x", value, **bounds)
    assert str(caught.value) == message


@pytest.mark.parametrize("bounds", [{"at_least": 1}, {"at_most": 1}, {"above": 0}], ids=str)
def test_closed_bounds_hold_their_ends(bounds):
    assert number("x", 1, **bounds) == 1.0


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)], ids=repr)
def test_whole_numbers_of_every_kind_become_ints(value):
    result = count("n", value)
    assert (type(result), result) == (int, 3)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (3.0, TypeError, "`n` must be a whole number; got 3.0."),
        ("3", TypeError, "`n` must be a whole number; got '3'."),
        (False, TypeError, "`n` must be a whole number; got False."),
        (1, ValueError, "`n` must be at least 2; got 1."),
    ],
    ids=repr,
)
def test_what_is_no_count_is_refused(value, error, message):
    with pytest.raises(error) as caught:
        count("n", value, at_least=2)
    assert str(caught.value) == message


def test_a_choice_is_returned():
    assert choice("kind", "b", iter(["a", "b"])) == "b"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("centr", "`kind` must be one of centre, sink; got 'centr'. Did you mean 'centre'?"),
        ("qqq", "`kind` must be one of centre, sink; got 'qqq'."),
        (None, "`kind` must be one of centre, sink; got None."),
        (("sink",), "`kind` must be one of centre, sink; got ('sink',)."),
    ],
    ids=repr,
)
def test_an_unknown_choice_is_refused_with_the_nearest_name(value, message):
    with pytest.raises(ValueError, match=r"^`kind`") as caught:
        choice("kind", value, ["centre", "sink"])
    assert str(caught.value).startswith(message)


def test_finite_arrays_are_not_copied_without_need():
    array = np.arange(3.0)
    assert finite_array("x", array) is array
    np.testing.assert_array_equal(finite_array("x", [[1, 2], [3, 4]]), [[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1, np.nan], ValueError, "`x` must be finite; entry (1,) is nan."),
        ([[1, 2], [-np.inf, 4]], ValueError, "`x` must be finite; entry (1, 0) is -inf."),
        ([[1], [2, 3]], TypeError, "`x` must be an array of numbers; got <class 'list'>."),
        ("abc", TypeError, "`x` must be an array of numbers; got <class 'str'>."),
        ([object()], TypeError, "`x` must be an array of numbers; got <class 'list'>."),
    ],
    ids=["nan", "infinite", "ragged", "text", "object"],
)
def test_arrays_that_are_not_finite_are_refused(value, error, message):
    with pytest.raises(error) as caught:
        finite_array("x", value)
    assert str(caught.value) == message


def test_a_seed_and_its_generator_are_one_stream():
    expected = np.random.default_rng(5).random(3)
    np.testing.assert_array_equal(generator(5).random(3), expected)
    np.testing.assert_array_equal(generator(np.int64(5)).random(3), expected)
    given = np.random.default_rng(5)
    assert generator(given) is given


def test_no_seed_is_fresh_entropy():
    assert generator(None).random() != generator(None).random()


@pytest.mark.parametrize(
    ("rng", "error"), [(-1, ValueError), (1.0, TypeError), ("7", TypeError), (True, TypeError)]
)
def test_what_is_no_seed_is_refused(rng, error):
    with pytest.raises(error, match=f"`rng` must be .* got {rng!r}"):
        generator(rng)
