"""What can be tried without a kernel: the script against the Python functions, and by keyboard, voice, phone and print."""

import random
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_site import serve_folder

from rednote_book import book
from rednote_book.site.trying import PIECES
from rednote_study.errors import BuildError
from rednote_study.models.published import measures
from rednote_study.panel import panel_power, required_accounts
from rednote_study.reported.published import published_facts
from rednote_study.sampling import compatible_true_rates, detection_probability
from rednote_study.statistics.inference import clopper_pearson
from rednote_study.system.paths import BOOK, ROOT

pytestmark = pytest.mark.browser

DATA = published_facts()["dataset"]
POSITIVE, USERS = DATA["retained_users"], DATA["january_users"]
PAGE = "# To try\n\n" + "\n".join(f":::{{try-it}} {name}\nStill sentence of {name}.\n:::\n" for name in PIECES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("try")
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters: [{file: book/try}]\n")
    (root / "book" / "references.bib").write_text("")
    (root / "book" / "index.md").write_text("# A book\n\nNothing to try here.\n")
    (root / "book" / "try.md").write_text(PAGE)
    (root / "data").mkdir()
    return root


@pytest.fixture(scope="module")
def site(folder):
    with serve_folder(book.build(folder, folder / "build").parent) as address:
        yield address


@pytest.fixture
def page(browser, site):
    """The page with all pieces; console errors are faults."""
    page, faults = browser.new_page(), []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{site}book/try.html")
    yield page
    page.close()
    assert faults == []


def call(page, function, *arguments):
    return page.evaluate("([f, a]) => window.rednoteTry[f](...a)", [function, list(arguments)])


def form(page, name):
    return page.locator(f"form[data-piece={name}]")


def shown(page, name) -> dict[str, float]:
    """Numbers that the piece shows, as it has them."""
    places = form(page, name).locator("data")
    return dict(places.evaluate_all("all => all.map(d => [d.dataset.name, Number(d.value)])"))


def given(page, name) -> dict[str, float]:
    """What the sliders stand at, by the Python side's account of their scales."""
    found = {}
    for slider in PIECES[name]().sliders:
        at = int(form(page, name).locator(f"[name={slider.name}]").input_value())
        found[slider.name] = slider.anchor * 10 ** (at / slider.decade) if slider.anchor else at / 100
    return found


# The arithmetic, at values on no grid -------------------------------------------------------------------------


def test_rates_that_fit_are_those_of_the_python_function(page):
    draw = random.Random(16)
    for _ in range(100):
        fraction, rate, posts = 10 ** draw.uniform(-5, 0), draw.random(), 10 ** draw.uniform(-1, 2)
        users = draw.randint(2, 9000)
        positive = draw.choice([0, users, draw.randint(0, users), min(20, users)])
        constants = {"fraction": fraction, "rate": rate, "posts": posts, "positive": positive, "users": users}
        found = call(page, "sampling", constants)
        q = detection_probability(fraction, posts)
        rates = compatible_true_rates(positive, users, q)
        assert found["detection"] == pytest.approx(float(q), rel=1e-12)
        assert found["labelled"] == pytest.approx(users * rate * detection_probability(fraction, posts), rel=1e-12)
        assert found["possible"] == bool(rates.possible)
        if found["possible"]:
            assert [found["low"], found["high"]] == pytest.approx([float(rates.low), float(rates.high)], rel=1e-8)
        exact = clopper_pearson(positive, users)
        interval = call(page, "clopperPearson", positive, users)
        assert [interval["low"], interval["high"]] == pytest.approx([exact.low, exact.high], rel=1e-8, abs=1e-12)


def test_measures_of_one_score_for_everyone_are_those_of_the_python_function(page):
    draw = random.Random(17)
    for _ in range(60):
        users = draw.randint(2, 5000)
        retained = draw.randint(1, users - 1)
        share, threshold = retained / users, draw.choice([10 ** draw.uniform(-4, 0), retained / users])
        scores = np.full(users, share)
        expected = measures(np.arange(users) < retained, scores, scores > threshold)
        found = call(page, "leavers", {"share": share, "threshold": threshold})
        for name in ("accuracy", "precision", "recall", "auc"):
            assert found[name] == pytest.approx(expected[name], rel=1e-12), name
        assert found["called"] == (share > threshold)


def test_sizes_of_a_panel_are_those_of_the_python_function(page):
    draw = random.Random(18)
    for _ in range(60):
        assumed = {
            "exposed": draw.uniform(0.03, 0.97),
            "stays": draw.uniform(0.02, 0.95),
            "lost": draw.choice([0.0, draw.uniform(0, 0.9)]),
        }
        ratio = draw.choice([draw.uniform(1.15, 7), 1 / draw.uniform(1.15, 7)])
        days, sampled, posts = draw.uniform(3, 120), 10 ** draw.uniform(-3.5, 0), draw.uniform(0.02, 3)
        power, alpha, shape = draw.uniform(0.5, 0.97), draw.uniform(0.005, 0.2), draw.uniform(0.2, 4)
        told = {"days": days, "posts": posts, "shape": shape, "power": power, "alpha": alpha, "ratio": ratio} | assumed
        study = {"days": days, "sampled": sampled, "alpha": alpha, "posts_per_day": posts, "dispersion": shape}
        expected = required_accounts(ratio, power=power, **study, **assumed)
        assert call(page, "accounts", told, sampled) == expected
        few = max(1, expected // draw.randint(2, 5))
        assert call(page, "power", few, told, sampled) == pytest.approx(
            panel_power(few, ratio, **study, **assumed), rel=1e-9
        )


# The page -----------------------------------------------------------------------------------------------------


def test_the_pieces_start_at_the_published_case(page):
    sampling, leavers, panel = (shown(page, name) for name in PIECES)
    assert (sampling["positive"], sampling["users"]) == (POSITIVE, USERS)
    assert leavers["share"] == pytest.approx(POSITIVE / USERS)
    assert leavers["accuracy"] == pytest.approx(1 - POSITIVE / USERS)
    text = form(page, "leavers").inner_text()
    assert f"{100 * (1 - POSITIVE / USERS):.2f}" in text
    assert "all are called leavers" in text and "all are called retained" not in text
    assert panel["all"] == required_accounts(2, days=28)
    assert f"{required_accounts(2, days=28, sampled=0.001):,} accounts" in form(page, "panel").inner_text()


@pytest.mark.parametrize("name", PIECES)
def test_what_is_shown_follows_every_slider(page, name):
    draw = random.Random(19)
    for _ in range(8):
        for slider in PIECES[name]().sliders:
            at = str(draw.randint(slider.least, slider.most))
            form(page, name).locator(f"[name={slider.name}]").fill(at)
        at, found = given(page, name), shown(page, name)
        if name == "sampling":
            q = detection_probability(at["fraction"], at["posts"])
            rates = compatible_true_rates(POSITIVE, USERS, q)
            assert found["detection"] == pytest.approx(float(q))
            assert found["labelled"] == pytest.approx(USERS * at["rate"] * float(q))
            assert form(page, name).get_by_text("No true rate fits").is_visible() == (not rates.possible)
            if rates.possible:
                assert [found["low"], found["high"]] == pytest.approx([float(rates.low), float(rates.high)])
        elif name == "leavers":
            called = at["share"] > at["threshold"]
            assert found["accuracy"] == pytest.approx(at["share"] if called else 1 - at["share"])
            assert (found["recall"], found["auc"]) == (called, 0.5)
        else:
            ratio = at.pop("ratio")
            assert found["all"] == required_accounts(ratio, days=28, **at)
            assert found["hundredth"] == required_accounts(ratio, days=28, sampled=0.01, **at)


@pytest.mark.parametrize("name", PIECES)
def test_keyboard_alone_moves_each_slider_and_sets_it_back(page, name):
    piece, before = PIECES[name](), shown(page, name)
    form(page, name).locator("input").first.focus()
    for slider in piece.sliders:
        control = page.get_by_role("slider", name=slider.label, exact=True)
        assert control.evaluate("e => e === document.activeElement")
        assert control.evaluate("e => getComputedStyle(e).outlineStyle") == "solid", "focus is seen"
        page.keyboard.press("ArrowRight")
        assert int(control.input_value()) == slider.start + 1
        spoken = control.get_attribute("aria-valuetext")
        assert spoken == form(page, name).locator(f"output[for={control.get_attribute('id')}]").inner_text()
        assert "NaN" not in spoken
        page.keyboard.press("Home")
        assert int(control.input_value()) == slider.least
        page.keyboard.press("End")
        assert int(control.input_value()) == slider.most
        page.keyboard.press("Tab")
    assert shown(page, name) != before
    assert page.evaluate("document.activeElement.textContent") == "Start again"
    page.keyboard.press("Enter")
    page.wait_for_function("([n, v]) => document.getElementById(n).value === v", arg=first_value(name))
    page.wait_for_timeout(20)
    assert shown(page, name) == before


def first_value(name):
    slider = PIECES[name]().sliders[0]
    return [f"try-{name}-{slider.name}", str(slider.start)]


def test_who_listens_is_told_when_the_slider_rests(page):
    results = form(page, "sampling").locator("[aria-live=polite]")
    form(page, "sampling").locator("input").first.press("ArrowLeft")
    assert results.get_attribute("aria-busy") == "true"
    page.wait_for_function("document.querySelector('[data-piece=sampling] [aria-live=polite]').ariaBusy === 'false'")
    assert page.locator("[role=slider], input[type=range]").count() == sum(len(p().sliders) for p in PIECES.values())


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")])
def test_pieces_fit_and_axe_finds_nothing(browser, site, width, theme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{site}book/try.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert form(page, "panel").evaluate("f => f.scrollWidth <= f.clientWidth")
    found = [f"{v['id']}: {n['html'][:120]}" for v in Axe().run(page).response["violations"] for n in v["nodes"]]
    assert found == []
    context.close()


def test_without_scripts_and_on_paper_the_sentence_stands(browser, site, page):
    assert not page.get_by_text("Still sentence of").first.is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("Still sentence of panel").is_visible() and not form(page, "panel").is_visible()
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{site}book/try.html")
    for name in PIECES:
        assert plain.get_by_text(f"Still sentence of {name}").is_visible()
        assert not form(plain, name).is_visible()
    context.close()


def test_only_pages_with_a_piece_load_the_script(browser, site):
    page = browser.new_page()
    for name, count in (("index", 0), ("try", 1)):
        page.goto(f"{site}book/{name}.html")
        assert page.locator("script[src*='try.js']").count() == count
    page.close()
    assert (BOOK / "_static" / "try.js").stat().st_size < 10_000


def test_a_wrong_name_or_no_sentence_fails_the_build(site, folder, tmp_path):
    """After the site was built: the folder is changed and set back."""
    page = folder / "book" / "try.md"
    try:
        for text, said in (("{try-it} nothing\nA sentence.", "nothing to try"), ("{try-it} panel", "Content block")):
            page.write_text(f"# To try\n\n:::{text}\n:::\n")
            with pytest.raises(BuildError, match=said):
                book.build(folder, tmp_path)
    finally:
        page.write_text(PAGE)
