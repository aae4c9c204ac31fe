"""The published model: the same network and protocol, its numbers by arithmetic, and a fair judgement that sees."""

import numpy as np
import pandas as pd
import pytest
from conftest import two_crawls
from hypothesis import given
from hypothesis import strategies as st

from rednote_study.analysis import published_model as tables
from rednote_study.analysis import published_noise
from rednote_study.catalogue import compute
from rednote_study.errors import DataError
from rednote_study.models.mended import FOLDS, TRAININGS, fair, scaled_counts, train
from rednote_study.models.noise import chance_labels, effective_directions, noise
from rednote_study.models.published import (
    AS_CODED,
    AS_WRITTEN,
    Protocol,
    auc,
    constant_loss,
    fit_published,
    measures,
    network,
    tail_split,
)
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED
from rednote_study.statistics.metrics import best_threshold
from rednote_study.system.parallel import run

QUICK = Protocol(dropout=0.3, batch_size=16, epochs=3)


def made(n=300, d=20, positives=40, signal=0.0, seed=0):
    """Inputs and labels; `signal` is added to the positives' last ten columns."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((n, d)), rng.permutation(np.arange(n) < positives)
    X[y, -10:] += signal
    return X, y


def same(a, b) -> bool:
    return np.array_equal(a.scores, b.scores) and a.history.equals(b.history)


# Network and protocol -------------------------------------------------------------------------------------


def test_parameters_of_every_layer_are_the_published_ones():
    layers = published_noise.layers()
    assert layers["layer"].tolist()[:7] == published_facts()["mlp"]["layers"]
    assert layers["parameters"].tolist() == [98944, 512, 0, 8256, 256, 0, 65, 108033, 107649, 384]
    assert layers["parameters"].equals(layers["published"])
    assert 98944 == (772 + 1) * 128 and 8256 == (128 + 1) * 64


def test_other_layers_have_no_printed_parameters():
    layers = published_noise.layers(Protocol(units=(32,)), inputs=10)
    assert layers["layer"].tolist()[:4] == ["Dense(32, relu)", "BatchNormalization", "Dropout", "Dense(1, sigmoid)"]
    assert layers["parameters"].tolist() == [
        11 * 32,
        4 * 32,
        0,
        33,
        11 * 32 + 4 * 32 + 33,
        11 * 32 + 2 * 32 + 33,
        2 * 32,
    ]
    assert layers["published"].isna().all()


def test_steps_of_an_epoch_tell_the_variants_apart():
    variants = published_noise.variants().set_index("variant")
    assert variants["steps"].to_dict() == {"as coded": 163, "as written": 82}  # 2,599 rows
    assert variants["rows"].eq(2599).all()


def test_the_two_variants_are_the_reports():
    said = published_facts()["mlp"]
    for protocol, part in ((AS_CODED, said["code_says"]), (AS_WRITTEN, said["text_says"])):
        assert {"dropout": protocol.dropout, "batch_size": protocol.batch_size} == part
        assert (protocol.epochs, protocol.patience) == (said["epochs"], said["early_stopping_patience"])
        assert {"factor": protocol.factor, "patience": protocol.plateau} == said["reduce_lr"]
        assert protocol.validation_share == said["validation_split"]


def test_the_validation_rows_are_the_unshuffled_tail():
    learn, held = tail_split(3249)
    assert np.array_equal(learn, np.arange(2599)) and np.array_equal(held, np.arange(2599, 3249))
    fit = fit_published(*made(100), QUICK)
    assert np.array_equal(fit.validation, np.arange(80, 100))


def test_the_tail_is_not_learnt_from_and_only_stops_the_training():
    X, y = made(signal=1.0)
    other = y.copy()
    other[240:] = ~y[240:]
    kept, changed = (fit_published(X, labels, QUICK).history for labels in (y, other))
    assert kept["loss"].equals(changed["loss"])
    assert not kept["val_loss"].equals(changed["val_loss"])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_training_is_that_of_keras_fit():
    """Same layers and seeds through ``fit`` with ``validation_split``, rows in order."""
    X, y = made(350, signal=0.3)
    protocol = Protocol(dropout=0.3, batch_size=16, epochs=12, patience=4, plateau=1, shuffle=False)
    ours = fit_published(X, y, protocol, seed=5)
    import keras

    model = network(X.shape[1], protocol, seed=5)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    callbacks = [
        keras.callbacks.EarlyStopping("val_loss", patience=4, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
    ]
    said = {"validation_split": 0.2, "epochs": 12, "batch_size": 16, "shuffle": False, "verbose": 0}
    theirs = model.fit(X.astype("float32"), y.astype("float32"), callbacks=callbacks, **said).history
    assert ours.epochs == len(theirs["loss"])
    for column in ("loss", "val_loss", "learning_rate"):
        assert ours.history[column].to_numpy() == pytest.approx(np.array(theirs[column]), rel=1e-4), column
    assert ours.scores == pytest.approx(model.predict(X.astype("float32"), verbose=0)[:, 0], abs=1e-5)


def test_training_stops_after_five_epochs_without_a_lower_loss_and_keeps_the_best():
    X, y = made(200, signal=0)
    fit = fit_published(X, y, Protocol(dropout=0.3, batch_size=16, epochs=60))
    assert fit.epochs < 60 and fit.epochs == fit.best_epoch + 5
    kept = -np.log(np.where(y, fit.scores, 1 - fit.scores))[fit.validation].mean()
    assert kept == pytest.approx(fit.best_val_loss, rel=1e-4)


def test_a_fit_equals_itself_in_a_compiled_model_used_again():
    X, y = made()
    first = fit_published(X, y, QUICK, seed=1)
    other = fit_published(X, y, QUICK, seed=2)
    assert not same(first, other)
    assert same(first, fit_published(X, y, QUICK, seed=1))


@pytest.mark.slow
def test_a_fit_is_the_same_in_any_number_of_workers():
    X, y = made(100)
    jobs = [(X, y, QUICK, seed) for seed in range(3)]
    one, two = (run(fit_published, jobs, what="fits", n_jobs=n) for n in (1, 2))
    assert all(map(same, one, two))


def test_rows_in_neither_part_are_only_scored():
    X, y = made()
    split = np.arange(0, 200), np.arange(200, 250)
    plain = fit_published(X, y, QUICK, split=split)
    X2 = X.copy()
    X2[250:] += 5
    moved = fit_published(X2, np.where(np.arange(300) < 250, y, ~y), QUICK, split=split)
    assert plain.history.equals(moved.history)
    assert np.array_equal(plain.scores[:250], moved.scores[:250]) and not np.array_equal(plain.scores, moved.scores)


@pytest.mark.parametrize(
    ("X", "y", "match"),
    [
        (np.zeros((5, 3)), np.zeros(4), "expected"),
        (np.full((5, 3), np.nan), np.zeros(5), "missing or infinite"),
        (np.zeros((1, 3)), np.zeros(1), "0 rows to train on"),
    ],
)
def test_bad_inputs_are_told(X, y, match):
    with pytest.raises(DataError, match=match):
        fit_published(X, y)


# Arithmetic -----------------------------------------------------------------------------------------------


def test_calling_everyone_a_leaver_gives_the_published_numbers():
    """3,229 of 3,249, and no retained user found."""
    found = measures(np.arange(3249) < 20, np.zeros(3249))
    printed = published_facts()["results"]
    assert {k: found[k] for k in ("accuracy", "precision", "recall", "f1")} == {
        k: printed[k] for k in ("accuracy", "precision", "recall", "f1")
    }
    assert found["balanced_accuracy"] == 0.5


def test_measures_by_hand():
    y, scores = np.array([1, 1, 0, 0, 0], bool), np.array([0.9, 0.2, 0.6, 0.1, 0.1])
    found = measures(y, scores)
    assert found["accuracy"] == 0.6 and found["precision"] == 0.5 and found["recall"] == 0.5 and found["f1"] == 0.5
    assert found["balanced_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["auc"] == pytest.approx(5 / 6)  # of six pairs, 0.2 against 0.6 is wrong
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(auc(np.zeros(3), np.ones(3)))


def test_loss_of_a_constant():
    """-(10 ln p + 640 ln(1 - p)) / 650 with p = 20/3249, by hand: 0.0783 + 0.0061; only p = 10/2599 peeks at no label."""
    table = published_noise.constants()
    assert table["loss"].round(4).tolist() == [0.0893, 0.0844, 0.0795]
    assert table["probability"].tolist() == pytest.approx([10 / 2599, 20 / 3249, 10 / 650])
    assert table["peeks"].eq("no").tolist() == [True, False, False]
    assert min(published_facts()["mlp"]["val_loss"]) == round(table["loss"][1], 4)


def test_leavers_are_the_printed_accuracy():
    rows = published_noise.leavers().set_index("rows")
    assert rows["leavers"].to_dict() == {"all users": 3229, "last fifth": 640}
    assert rows["accuracy"].round(4).eq(rows["printed"].round(4)).all()


def test_constants_between_the_ends_do_as_well():
    (row,) = published_noise.as_good().itertuples()
    assert constant_loss(row.low, 10, 650) == pytest.approx(row.loss) == constant_loss(row.high, 10, 650)
    assert row.low < 20 / 3249 * 1.01 < row.high and constant_loss(10 / 650, 10, 650) < row.loss


@given(st.integers(1, 50), st.integers(51, 200), st.floats(0.01, 0.99))
def test_no_constant_beats_the_share_of_the_rows_themselves(positives, n, p):
    assert constant_loss(positives / n, positives, n) <= constant_loss(p, positives, n) + 1e-12


# Noise ----------------------------------------------------------------------------------------------------


def test_effective_directions_by_hand():
    """Variances 4, 4 and 2: (4 + 4 + 2)^2 / (16 + 16 + 4); turning and moving the rows changes nothing."""
    rows = np.vstack(
        [sign * size * axis for axis, size in zip(np.eye(3), (2, 2, 2**0.5), strict=True) for sign in (1, -1)]
    )
    assert effective_directions(rows) == pytest.approx(100 / 36)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    assert effective_directions(rows @ turn + 5) == pytest.approx(100 / 36)
    assert effective_directions(np.arange(10.0)[:, None] * [1, 2, 3]) == pytest.approx(1)
    assert effective_directions(rows[:2]) == pytest.approx(1), "fewer rows than columns"
    assert np.isnan(effective_directions(np.ones((5, 2)))) and np.isnan(effective_directions(np.ones((1, 2))))


@pytest.mark.parametrize("factors", [2, 10, None])
def test_noise_has_the_directions_that_its_factors_give(factors):
    """Two of d columns share k factors, 0.9 of each: their covariance has mean square 0.81 / k beside the variances of 1."""
    X = noise(factors, np.random.default_rng(3), columns=100)
    assert X.shape == (3249, 100) and X.dtype == np.float32
    assert abs(X.mean()) < 0.05 and X.var(axis=0) == pytest.approx(np.ones(100), abs=0.15)
    expected = 100 / (1 + 100 / 3249 if factors is None else 1 + 99 * 0.81 / factors)
    assert effective_directions(X) == pytest.approx(expected, rel=0.1)


def test_chance_labels_are_placed_as_published_and_elsewhere_each_time():
    first, second = (chance_labels(np.random.default_rng(seed)) for seed in (0, 1))
    for y in (first, second):
        assert (len(y), y.sum(), y[-650:].sum()) == (3249, 20, 10)
    assert not np.array_equal(first, second)


def test_unknown_noise_is_told():
    with pytest.raises(DataError, match="Noise of 0 factors"):
        noise(0, np.random.default_rng(0))


def test_shares_of_fits_to_noise_are_counted_by_design_and_protocol(monkeypatch):
    """Areas at and above the published one count; no two designs are put together."""
    published = published_facts()["results"]["roc_auc"]
    areas = {2: [0.5, published], None: [0.9, 0.8]}

    def made(factors, protocol, runs, seed):
        return [
            dict.fromkeys(published_noise.MEASURED, 0.1) | {"auc": a, "directions": 3.0} for a in areas[factors][:runs]
        ]

    monkeypatch.setattr(published_noise, "_fits", made)
    monkeypatch.setattr(published_noise, "fits", published_noise.fits.__wrapped__)
    found = published_noise.summary.__wrapped__({"mine": QUICK}, (2, None), runs={"mine": 2})
    assert found[["design", "variant", "runs", "reached"]].to_numpy().tolist() == [
        ["2 factors", "mine", 2, 0.5],
        ["independent", "mine", 2, 1.0],
    ]
    assert found["reached_low"].round(3).tolist() == [0.095, 0.342]  # Wilson, 1 of 2 and 2 of 2


@pytest.mark.slow
def test_the_network_finds_noise_in_sample_and_nothing_on_the_tail():
    """Against an expectation that needs no code of this project: no score can know a label that it never saw."""
    found = pd.DataFrame(published_noise._fits(None, AS_CODED, 5, SEED))
    assert found["auc"].mean() > 0.65 and found["auc_training"].mean() > 0.9
    assert abs(found["auc_tail"].mean() - 0.5) < 3 * np.sqrt(1 / (12 * 10) / 5)  # variance of an AUC under the null
    assert (found["recall"] <= 0.5).all()


# Mended ---------------------------------------------------------------------------------------------------


def test_threshold_by_hand():
    y, scores = np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.3, 0.5, 0.4, 0.6])
    assert best_threshold(y, scores) == 0.4  # both found, one of three called wrongly; 0.6 finds one of two
    assert best_threshold(y, np.zeros(5)) == 0.0


def test_the_scaler_learns_from_the_rows_it_is_given():
    X = np.hstack([np.arange(40.0).reshape(10, 4), np.ones((10, 2))])
    scaled = scaled_counts(X, np.arange(5))
    assert scaled[:5, :4].mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-6)
    assert scaled[:5, :4].std(axis=0) == pytest.approx(np.ones(4), rel=1e-6)
    assert scaled[:, :4].mean() > 1 and (scaled[:, 4:] == 1).all()


def test_each_mending_changes_one_thing():
    X, y = made(300, positives=30)
    fits = {training: train(X, y, training, seed=3, protocol=QUICK) for training in TRAININGS}
    tail = np.arange(240, 300)
    for training in ("as published", "scaler without the tail", "class weights"):
        assert np.array_equal(fits[training].validation, tail)
    for training in ("rows shuffled before the cut", "stratified validation rows"):
        assert len(fits[training].validation) == 60 and not np.array_equal(np.sort(fits[training].validation), tail)
        assert not set(fits[training].train) & set(fits[training].validation)
    assert y[fits["stratified validation rows"].validation].sum() == 6
    assert len({f.history["loss"].iloc[-1] for f in fits.values()}) == len(TRAININGS)
    with pytest.raises(DataError, match="class weights"):
        train(X, y, "more luck")


def test_the_fair_protocol_finds_a_signal_and_calls_noise_noise():
    protocol = Protocol(dropout=0.3, batch_size=16, epochs=15)
    X, y = made(400, positives=60, signal=1.0)
    found = fair(X, y, seed=1, protocol=protocol)
    assert measures(y, found.scores, found.called)["auc"] > 0.9
    assert measures(y, found.scores, found.called)["balanced_accuracy"] > 0.8
    shuffled = np.random.default_rng(2).permutation(y)
    areas = [auc(shuffled, fair(X, shuffled, seed=s, protocol=QUICK).scores) for s in range(3)]
    assert abs(np.mean(areas) - 0.5) < 4 * np.sqrt(401 / (12 * 60 * 340))  # four standard errors of Mann and Whitney


def test_no_fold_learns_from_the_users_it_scores():
    """With the test fold's labels turned round the fold's own scores stay as they are."""
    from sklearn.model_selection import StratifiedKFold

    X, y = made(200, positives=60)
    learn, test = next(iter(StratifiedKFold(FOLDS, shuffle=True, random_state=4).split(X, y)))
    plain = train_and_score(X, y, learn, test)
    moved = X.copy()
    moved[test] = moved[test][:, ::-1]
    assert np.array_equal(
        plain[learn], train_and_score(moved, np.where(np.isin(np.arange(200), test), ~y, y), learn, test)[learn]
    )


def train_and_score(X, y, learn, test):
    held = learn[: len(learn) // 5]
    inner = learn[len(learn) // 5 :]
    return fit_published(scaled_counts(X, inner), y, QUICK, split=(inner, held), balanced=True).scores


def test_too_few_retained_users_for_a_fair_judgement():
    X, y = made(100, positives=9)
    with pytest.raises(DataError, match="there are 9 and 91"):
        fair(X, y)


# Tables ---------------------------------------------------------------------------------------------------


def test_inputs_are_the_published_ones(replica):
    users = replica.users[replica.users["in_january"]]
    assert tables._enough(replica)
    assert users["registered"].is_monotonic_increasing
    label = users["published_retained"].to_numpy()
    facts = published_facts()["dataset"]
    assert len(label) == facts["january_users"] and label.sum() == facts["retained_users"]
    assert label[-650:].sum() == facts["retained_in_last_650_users"]


def test_inputs_count_january_only(made, monkeypatch):
    from crawl_file import row

    monkeypatch.setattr(tables, "run", lambda f, jobs, what: [np.zeros((len(jobs[0][1]), 768))])
    rows = [
        row("2025-01-14 10:00", user=1, post=1, like_count="3", title="", content="one"),
        row("2025-01-15 10:00", user=1, post=2, like_count="4", title="", content="one"),
        row("2025-02-15 10:00", user=1, post=3, like_count="100", title="", content="later"),
        row("2025-02-15 10:00", user=2, post=4, like_count="9", title="", content="later"),
    ]
    X, y = tables.inputs(made(rows))
    assert X.shape == (1, 772) and X[0, 0] == 7 and y.tolist() == [True]


def test_texts_of_one_user_are_joined_once_each(made, monkeypatch):
    from crawl_file import row

    seen = []
    monkeypatch.setattr(tables, "run", lambda f, jobs, what: seen.append(jobs) or [np.zeros((1, 768))])
    tables.inputs(
        made([row(f"2025-01-1{i} 10:00", user=1, post=i, title="", content=c) for i, c in enumerate("bab", start=3)])
    )
    assert seen[0][0][1] == ["b a"]


def test_tables_without_retained_users_are_empty(made):
    data = made(two_crawls())
    for name in ("fits", "mended", "learning_curve", "confusion", "roc", "dealt"):
        assert compute(f"published_{name}", data).empty
    assert compute("published_curves", data)["source"].unique().tolist() == ["published"]
    replication = compute("published_replication", data).set_index("measure")
    assert replication["coded"].isna().all() and replication.at["recall", "published"] == 0


@pytest.mark.slow
def test_tables_on_a_small_replica(small_replica):
    runs = {"runs": 3}  # what is asked does not depend on how many
    mended = tables.mended(small_replica, fair_runs=2, **runs).set_index("mended")
    n = small_replica.users["in_january"].sum()
    positives = small_replica.users["published_retained"].sum()
    assert mended.at[tables.OWN_THRESHOLD, "auc"] == mended.at["as published", "auc"]
    assert mended.at["stratified validation rows", "validation_positives"] == round(positives / 5)
    assert (mended["auc_min"] <= mended["auc"]).all() and (mended["auc"] <= mended["auc_max"]).all()
    assert mended["runs"].tolist() == [3] * 7 + [2]
    fits = tables.fits(small_replica, **runs)
    calls_nobody = fits[fits["recall"].eq(0) & fits["precision"].eq(0) & fits["accuracy"].gt(0.9)]
    assert (calls_nobody["accuracy"] <= 1 - positives / n + 1e-9).all()
    curves = tables.curves(small_replica, **runs)
    first = curves[curves["epoch"].eq(1)].set_index("source")
    assert first.loc["as coded", "runs"] == 3 and first.loc["published", "loss"] == 0.5349


@pytest.mark.slow
def test_inputs_keep_their_directions_when_the_label_is_dealt(small_replica):
    inputs = scaled_counts(tables.inputs(small_replica)[0])
    spectrum = tables.spectrum(small_replica, {"sentence encoder": tables.ENCODERS["sentence encoder"]}).set_index(
        "vectors"
    )
    eigenvalues = np.linalg.eigvalsh(np.cov(inputs, rowvar=False, dtype=float))
    assert spectrum.at["all inputs", "directions"] == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    (dealt,) = tables.dealt(small_replica, {"mine": QUICK}, runs={"mine": 2}).itertuples()
    assert dealt.runs == 2 and dealt.directions == pytest.approx(spectrum.at["all inputs", "directions"])


@pytest.mark.slow
def test_one_fit_is_the_first_of_those_that_are_repeated(small_replica):
    curve, confusion, roc = (f(small_replica, QUICK) for f in (tables.learning_curve, tables.confusion, tables.roc))
    (fit,) = tables.fits(small_replica, {"mine": QUICK}, runs=1).itertuples()
    assert len(curve) == fit.epochs == QUICK.epochs
    assert curve["val_loss"].min() == pytest.approx(fit.val_loss, rel=1e-9)
    areas = roc.groupby("rows")["auc"].first()
    assert areas["all rows"] == pytest.approx(fit.auc) and areas["last fifth"] == pytest.approx(fit.auc_tail)
    for _, points in roc.groupby("rows"):
        drawn = np.trapezoid(points["true_positive"], points["false_positive"])
        assert drawn == pytest.approx(points["auc"].iloc[0])
    users = small_replica.users.loc[small_replica.users["in_january"], "published_retained"]
    for call in (0.5, 0.01):
        rows = tables.confusion.__wrapped__(small_replica, QUICK, threshold=call)
        found = pd.DataFrame(rows, columns=[*confusion])
        by_label = found.groupby("label")["users"].sum()
        assert by_label.to_dict() == {"retained": users.sum(), "others": (~users).sum()}
    assert not confusion["users"].isin([1, 2, 3, 4]).any()


def test_an_roc_curve_of_real_posts_has_five_users_and_more_between_its_points():
    rng = np.random.default_rng(0)
    y = np.arange(300) < 23
    points = tables._curve_points(y, rng.normal(size=300) + y, step=5)
    counts = points * [277, 23]
    assert points[0].tolist() == [0, 0] and points[-1].tolist() == [1, 1] and len(points) > 3
    assert (np.diff(counts, axis=0) > 5 - 1e-9).all()
