"""Outputs of ``study.figure(...)`` and ``study.show(...)`` as numbered figures and tables with an anchor.

A plugin of myst-nb (entry point ``myst_nb.mime_renderers``), so they are
there when Sphinx collects numbers and targets, on a cached run too.
"""

from __future__ import annotations

import base64

from docutils import nodes

from rednote_study.datasets.provenance import METADATA_KEY


class numbered_table(nodes.General, nodes.Element):
    """A table made by :mod:`rednote_study.display`, with ``title``."""


class FigureRenderer:
    """Renders what carries the metadata of :func:`rednote_study.publish.citable`."""

    mime_priority_overrides = (("*", "image/svg+xml", 1),)  # the book makes a figure of its own round the picture

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Element] | None:
        """Return the figure or table, or None for every other output."""
        item = data.output_metadata.get(METADATA_KEY)
        makers = {("figure", "image/svg+xml"): _figure, ("table", "text/html"): _table}
        maker = makers.get((item["kind"], data.mime_type)) if item and not inline else None
        if maker is None:
            return None
        document = renderer.renderer.document
        node = maker(renderer, data, item)
        node["names"] = [nodes.fully_normalize_name(item["id"])]
        node["citable"] = item  # `collect` takes it out again
        node.source, node.line = document["source"], data.line
        if not item["caption"].strip() or (item["kind"] == "figure" and not item["alt"].strip()):
            document.reporter.warning(f"figure {item['id']} has no caption or alternative text", line=data.line)
        document.note_explicit_target(node, node)
        return [node]


def _figure(renderer, data, item: dict) -> nodes.figure:
    (image,) = renderer.render_image(data)
    image["alt"] = item["alt"]
    item["files"][f"{item['id']}.svg"] = base64.b64encode(data.content.encode()).decode()
    finding = [nodes.paragraph("", item["finding"], classes=["rednote-finding"])] if item["finding"] else []
    return nodes.figure("", *finding, image, nodes.caption(item["caption"], item["caption"]))


def _table(renderer, data, item: dict) -> numbered_table:
    _, _, body = data.content.partition("</p>")  # the caption gets its number from Sphinx
    body = body.replace("</td>", "</td> ").replace("</th>", "</th> ")  # or the search takes a row for one word
    return numbered_table("", nodes.raw("", body, format="html"), title=item["caption"])
