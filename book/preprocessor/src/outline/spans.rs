//! On which lines items end, counted from 0.

use quote::ToTokens;
use syn::{AttrStyle, Attribute, Item};

/// The last line of the inner docs and attributes.
pub fn docs_end(attributes: &[Attribute]) -> Option<usize> {
    let inner =
        attributes.iter().filter(|a| matches!(a.style, AttrStyle::Inner(_)));
    inner.map(last_line).max()
}

pub fn last_line(tokens: &impl ToTokens) -> usize {
    let last = tokens.to_token_stream().into_iter().last();
    last.map_or(0, |token| line(token.span()))
}

/// An item's last line. Known from its last brace or semicolon where that is
/// quick, because all tokens of all functions would be slow.
pub fn end_of_item(item: &Item) -> usize {
    match item {
        Item::Fn(item) => close(&item.block.brace_token),
        Item::Enum(item) => close(&item.brace_token),
        Item::Trait(item) => close(&item.brace_token),
        Item::Impl(item) => close(&item.brace_token),
        Item::Mod(item) => match (&item.content, &item.semi) {
            (Some((brace, _)), _) => close(brace),
            (None, Some(semi)) => line(semi.span),
            (None, None) => last_line(item),
        },
        Item::Use(item) => line(item.semi_token.span),
        Item::Const(item) => line(item.semi_token.span),
        Item::Static(item) => line(item.semi_token.span),
        other => last_line(other),
    }
}

pub fn close(brace: &syn::token::Brace) -> usize {
    line(brace.span.close())
}

pub fn line(span: proc_macro2::Span) -> usize {
    span.end().line.saturating_sub(1)
}
