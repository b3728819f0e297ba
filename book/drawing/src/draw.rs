//! Mermaid text to SVG.

use book_machine::diagram::{described, stamp};
use merman::svg::{SvgRenderOptions, sanitize_svg_id};
use merman::{
    Engine, MermaidConfig, OperationControl, ParseOptions, RenderOutput,
    RenderRequest, Renderer, SvgRequest,
};

use crate::tidy;

/// Draws a diagram. The same name and text always give the same drawing.
///
/// # Errors
/// If the text is no sequence diagram.
pub fn svg(name: &str, text: &str) -> Result<String, String> {
    let id = sanitize_svg_id(&format!("diagram-{}", name.replace('/', "-")));
    // Compact: a page is read from top to bottom, and long recordings are long.
    let config = MermaidConfig::from_value(serde_json::json!({
        "theme": "default",
        "look": "classic",
        "fontFamily": "sans-serif",
        "sequence": {
            "height": 36,
            "width": 120,
            "messageMargin": 24,
            "boxMargin": 8,
            "noteMargin": 8,
            "diagramMarginX": 10,
            "diagramMarginY": 10,
        },
    }));
    let request = SvgRequest {
        options: SvgRenderOptions {
            diagram_id: Some(id.clone()),
            ..SvgRenderOptions::default()
        },
        ..SvgRequest::default()
    };
    let drawn = Renderer::new()
        .with_engine(Engine::new().with_site_config(config))
        .with_parse_options(ParseOptions::strict())
        .render(RenderRequest::svg(text, OperationControl::new(), request))
        .map_err(|error| error.to_string())?;
    let RenderOutput::Svg(Some(drawing)) = drawn else {
        return Err("this is no sequence diagram".into());
    };
    tidy::tidy(drawing.svg(), &id, &stamp(text), &described(text))
}

#[cfg(test)]
mod tests {
    use super::svg;

    const TEXT: &str = "sequenceDiagram\n    participant a as client\n    \
        participant b as node-1\n    a->>b: POST [x] <&> *y*\n    \
        Note over a,b: held back\n    b--xa: the connection breaks\n    \
        b-->>a: 200 OK\n";

    fn drawn() -> String {
        svg("03/a-name", TEXT).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_same_text_gives_the_same_drawing() {
        assert_eq!(drawn(), drawn());
    }

    /// A blank line would end the block of HTML in the middle of the drawing.
    #[test]
    fn a_drawing_fits_into_markdown_and_into_any_theme() {
        let drawing = drawn();
        assert!(!drawing.lines().any(|line| line.trim().is_empty()));
        for colour in ["rgb(", "=\"#", "<style", "style=", "black"] {
            assert!(!drawing.contains(colour), "{colour} in {drawing}");
        }
        for class in ["actor", "messageText", "messageLine1", "note"] {
            assert!(drawing.contains(class), "{class}");
        }
    }

    #[test]
    fn everybody_is_told_what_it_shows() {
        let drawing = drawn();
        assert!(drawing.contains("role=\"img\""));
        assert!(drawing.contains("client to node-1: POST [x] &lt;&amp;&gt; *y*"));
        assert!(drawing.contains("connection breaks"), "{drawing}");
    }

    /// Drawings stand in one document: every id is the drawing's own.
    #[test]
    fn two_drawings_have_no_id_in_common() {
        let ids = |drawing: &str| -> Vec<String> {
            let parts = drawing.split(" id=\"").skip(1);
            let ids = parts.filter_map(|part| part.split('"').next());
            ids.map(str::to_owned).collect()
        };
        let other = svg("03/another", TEXT).unwrap_or_default();
        let (these, others) = (ids(&drawn()), ids(&other));
        assert!(!these.is_empty() && !others.is_empty());
        assert!(these.iter().all(|id| !others.contains(id)), "{these:?}");
    }

    #[test]
    fn what_is_no_diagram_is_refused() {
        assert!(svg("x", "sequenceDiagram\n    a->>\n").is_err());
        assert!(svg("x", "hello").is_err());
    }

    /// The stamp in a drawing names the renderer; a new one draws all anew.
    #[test]
    fn the_stamp_names_the_version_that_draws() {
        let wanted = book_machine::diagram::RENDERER.replace(' ', "\nversion = ");
        let manifest = include_str!("../Cargo.toml");
        let (name, version) = wanted.split_once("\nversion = ").unwrap_or_default();
        let line = format!("{name} = {{ version = \"={version}\"");
        assert!(manifest.contains(&line), "{line}");
    }
}
