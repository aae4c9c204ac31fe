"""Output of ``study.figure(...)`` as a numbered figure with caption, anchor and alternative text.

A plugin of myst-nb (entry point ``myst_nb.mime_renderers``), so the figure is
there when Sphinx collects numbers and targets, on a cached run too.
"""

from __future__ import annotations

from docutils import nodes

from rednote_study.publish import METADATA_KEY

__all__ = ["FigureRenderer"]


class FigureRenderer:
    """Renders a picture that carries the metadata of :mod:`rednote_study.publish`."""

    mime_priority_overrides = ()

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Element] | None:
        """Return the figure node, or None for every other output."""
        texts = data.output_metadata.get(METADATA_KEY)
        if inline or not texts or data.mime_type != "image/svg+xml":
            return None
        document = renderer.renderer.document
        (image,) = renderer.render_image(data)
        image["alt"] = texts["alt"]
        figure = nodes.figure("", image, names=[nodes.fully_normalize_name(texts["id"])])
        figure += nodes.caption(texts["caption"], texts["caption"])
        figure.source, figure.line = document["source"], data.line
        if not texts["alt"].strip() or not texts["caption"].strip():
            document.reporter.warning(f"figure {texts['id']} has no caption or alternative text", line=data.line)
        document.note_explicit_target(figure, figure)
        return [figure]
