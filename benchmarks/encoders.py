"""What each encoder costs: time and memory, each in a process of its own. Writes data/benchmarks/.

python benchmarks/encoders.py [--texts 500]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import pandas as pd
from ratios import published_loop, timed

from rednote_study.analysis.representations import encoders
from rednote_study.crawl.crawl import require
from rednote_study.encoders import SMALL_DISTILBERT, PretrainedEncoder
from rednote_study.system.paths import DATA
from rednote_study.text.clean import post_text, text_version

PUBLISHED = "DistilBERT small, one text at a time, padded to 128 (published way)"
COLUMNS = ["encoder", "fit_seconds", "encode_seconds", "texts_per_second", "again_seconds", "memory"]


def corpus(n: int) -> list[str]:
    """The first `n` texts of the replica that say something."""
    texts = text_version(post_text(require("replica").posts), "words only")
    return texts[texts.ne("")].head(n).tolist()


def measure(name: str, n: int) -> list:
    """One row, measured in this process."""
    texts, again = corpus(n), float("nan")
    if name == PUBLISHED:
        fit, (encode, _) = float("nan"), timed(published_loop, Path(SMALL_DISTILBERT), texts)
    else:
        encoder = encoders()[name]
        keeps = "cache" in encoder.get_params()
        if keeps:
            encoder.set_params(cache=False)
        started = time.perf_counter()
        encoder.fit(texts).transform(texts[:1])  # a model is loaded when it is first asked
        fit = time.perf_counter() - started
        started = time.perf_counter()
        encoder.transform(texts)
        encode = time.perf_counter() - started
        if keeps:
            encoder.set_params(cache=True).transform(texts)
        started = time.perf_counter()
        encoder.transform(texts)
        again = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return [name, round(fit, 2), round(encode, 2), round(n / encode), round(again, 2), round(memory)]


def processor() -> str:
    """Name of the processor."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Measure all encoders, or one of them in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=500, help="how many texts of the replica (default 500)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.texts)))
        return
    rows = []
    learning = [n for n, encoder in encoders().items() if not isinstance(encoder, PretrainedEncoder)]
    for name in [*learning, PUBLISHED]:
        command = [sys.executable, __file__, "--texts", str(options.texts), "--one", name]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append(json.loads(output.splitlines()[-1].replace("NaN", "null")))
        print(rows[-1], flush=True)
    folder = DATA / "benchmarks"
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "encoders.csv", index=False, lineterminator="\n")
    machine = {"machine": f"{os.cpu_count()} cores of an {processor()}, Python {platform.python_version()}",
               "texts": options.texts}  # fmt: skip
    (folder / "machine.json").write_text(json.dumps(machine, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
