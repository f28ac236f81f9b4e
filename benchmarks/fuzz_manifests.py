"""Feed damaged manifests to the readers and the editor: every one must end in facts or findings, never in a crash.

    python -m benchmarks.fuzz_manifests [--documents 10000] [--seed 1]

Documents are the example repository's files and a Kubernetes manifest with characters and lines dropped, doubled,
swapped or replaced, seeded; each is read, profiled and offered to the editor. About a minute.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from adapters.manifests.read_files import is_wanted, read_files
from adapters.manifests.yaml_editor import patch_texts
from domain.repository.profiles_of import build_profiles
from domain.repository.resources import WantedResources

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: api
        image: shop/api:1.2
        resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {memory: 1Gi}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: api}}
"""
PIECES = ("{", "}", "[", "]", ":", "- ", "&a ", "*a", "<<: ", "|", ">", "'", '"', "\t", "\0", "!!int ", "%", "#",
          "---\n", "é", "\u2028", "1e999", "0x", "null", "${A", "{{ x }}", "\n\n", " " * 9, "9" * 30)  # fmt: skip


def damaged(text: str, dice: random.Random) -> str:
    """One to eight edits."""
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(text) + 1)
        length = dice.choice((0, 1, 3, 20))
        text = text[:at] + dice.choice((*PIECES, "", text[at : at + length] * 2)) + text[at + length :]
    return text


def main() -> None:
    """Count what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    paths = [path for path in sorted(SHOP.rglob("*")) if path.is_file()]
    texts = {str(path.relative_to(SHOP)): path.read_text(encoding="utf-8") for path in paths}
    texts = {path: text for path, text in texts.items() if is_wanted(path)} | {"k8s/api.yaml": MANIFEST}
    wanted = WantedResources(service="api", file="x", name="shop-api", is_compose=True, vcpus=1.25, memory_mib=512)
    seen: Counter[str] = Counter()
    slowest, began = 0.0, time.perf_counter()
    for _ in range(options.documents):
        path = dice.choice(list(texts))
        text = damaged(texts[path], dice)
        start = time.perf_counter()
        found = build_profiles(read_files(texts | {path: text}, "shop"), "shop")
        patch = patch_texts(lambda _, text=text: text, [wanted])  # type: ignore[misc]
        slowest = max(slowest, time.perf_counter() - start)
        seen["with findings" if found.findings else "without findings"] += 1
        seen["edited" if patch.diff else "left alone or unchanged"] += 1
    print(f"{options.documents} documents in {time.perf_counter() - began:.0f} s, the slowest {slowest * 1e3:.0f} ms")
    print(", ".join(f"{count} {name}" for name, count in sorted(seen.items())))


if __name__ == "__main__":
    main()
