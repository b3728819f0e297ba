//! The items of a Rust file.

use quote::ToTokens;
use syn::{Attribute, ImplItem, Item, TraitItem, TraitItemFn};

use super::spans::{close, docs_end, end_of_item, last_line, line};
use super::{Body, Kind, Node, Outline, number};

/// An item as the parser sees it, with lines counted from 0.
struct Found {
    kind: Kind,
    name: String,
    last: usize,
    inside: Option<Inside>,
}

/// Between two braces.
struct Inside {
    open: usize,
    close: usize,
    docs: Option<usize>,
    items: Vec<Found>,
}

/// Reads a Rust file.
pub fn parse(source: &str) -> syn::Result<Outline> {
    let file = syn::parse_file(source)?;
    let lines: Vec<&str> = source.lines().collect();
    let items = file.items.iter().map(found).collect();
    let nodes = tile(&lines, 0..lines.len(), docs_end(&file.attrs), items);
    Ok(Outline { nodes })
}

/// Shares the lines `all` among the items: each gets those between the item
/// before it and its own last line. Inner docs end at the line `docs`.
fn tile(
    lines: &[&str],
    all: std::ops::Range<usize>,
    docs: Option<usize>,
    items: Vec<Found>,
) -> Vec<Node> {
    let (start, end) = (all.start, all.end);
    let mut nodes: Vec<Node> = Vec::new();
    let mut next = start;
    let owned = |range: std::ops::Range<usize>| -> Vec<String> {
        lines[range].iter().map(|line| (*line).to_owned()).collect()
    };
    if let Some(last) = docs {
        let stop = (last + 1).clamp(start, end);
        nodes.push(Node::leaf(Kind::Docs, "docs".into(), 0, owned(start..stop)));
        next = stop;
    }
    for item in items {
        let from = next + blank(&lines[next.min(end)..end]);
        // Two items on one line: the caller sees that the text is not the same.
        if item.last < from {
            return Vec::new();
        }
        let gap = from - next;
        next = item.last + 1;
        nodes.push(match item.inside {
            Some(inside) if inside.open < inside.close && inside.open >= from => {
                let Inside { open, close, docs, items } = inside;
                let inner = tile(lines, open + 1..close, docs, items);
                Node {
                    kind: item.kind,
                    name: item.name,
                    gap,
                    lines: owned(from..open + 1),
                    body: Some(Body { nodes: inner, close: owned(close..next) }),
                }
            }
            _ => Node::leaf(item.kind, item.name, gap, owned(from..next)),
        });
    }
    // A comment after the last item belongs to it.
    if next < end && blank(&lines[next..end]) < end - next {
        let rest = owned(next..end);
        match nodes.last_mut() {
            Some(Node { body: Some(body), .. }) => body.close.extend(rest),
            Some(node) => node.lines.extend(rest),
            None => {
                nodes.push(Node::leaf(Kind::Docs, "docs".into(), 0, rest));
            }
        }
    }
    number(&mut nodes);
    nodes
}

/// How many blank lines `lines` begins with.
fn blank(lines: &[&str]) -> usize {
    lines.iter().take_while(|line| line.trim().is_empty()).count()
}

fn braces(
    span: &proc_macro2::extra::DelimSpan,
    attributes: &[Attribute],
    items: Vec<Found>,
) -> Option<Inside> {
    Some(Inside {
        open: span.open().start().line.saturating_sub(1),
        close: span.close().end().line.saturating_sub(1),
        docs: docs_end(attributes),
        items,
    })
}

fn found(item: &Item) -> Found {
    let (kind, name, inside) = match item {
        Item::Fn(item) => (Kind::Function, item.sig.ident.to_string(), None),
        Item::Struct(item) => (Kind::Type, item.ident.to_string(), None),
        Item::Enum(item) => (Kind::Type, item.ident.to_string(), None),
        Item::Union(item) => (Kind::Type, item.ident.to_string(), None),
        Item::Type(item) => (Kind::Type, item.ident.to_string(), None),
        Item::Const(item) => (Kind::Constant, item.ident.to_string(), None),
        Item::Static(item) => (Kind::Constant, item.ident.to_string(), None),
        Item::Use(item) => {
            (Kind::Use, format!("use {}", compact(&item.tree)), None)
        }
        Item::Macro(item) => {
            let name = match &item.ident {
                Some(defined) => format!("{defined}!"),
                None => format!("{}!", compact(&item.mac.path)),
            };
            (Kind::Macro, name, None)
        }
        Item::Mod(item) => {
            let name = format!("mod {}", item.ident);
            match &item.content {
                Some((brace, items)) => {
                    let items = items.iter().map(found).collect();
                    let inside = braces(&brace.span, &item.attrs, items);
                    (Kind::Module, name, inside)
                }
                None => (Kind::ModLine, name, None),
            }
        }
        Item::Trait(item) => {
            let members = item.items.iter().map(trait_member).collect();
            let inside = braces(&item.brace_token.span, &item.attrs, members);
            (Kind::Trait, item.ident.to_string(), inside)
        }
        Item::Impl(item) => {
            let members = item.items.iter().map(impl_member).collect();
            let inside = braces(&item.brace_token.span, &item.attrs, members);
            let target = type_name(&item.self_ty);
            match impl_trait(item) {
                Some(of) => {
                    (Kind::TraitImpl, format!("impl {of} for {target}"), inside)
                }
                None => (Kind::Impl, format!("impl {target}"), inside),
            }
        }
        other => (Kind::Macro, compact(other), None),
    };
    Found { kind, name, last: end_of_item(item), inside }
}

fn impl_trait(item: &syn::ItemImpl) -> Option<String> {
    let path = item.trait_.as_ref().map(|of| &of.0)?;
    path.segments.last().map(compact)
}

fn trait_member(member: &TraitItem) -> Found {
    let (kind, name) = match member {
        TraitItem::Fn(item) => (Kind::Function, item.sig.ident.to_string()),
        TraitItem::Const(item) => (Kind::Constant, item.ident.to_string()),
        TraitItem::Type(item) => (Kind::Type, item.ident.to_string()),
        other => (Kind::Macro, compact(other)),
    };
    let last = match member {
        TraitItem::Fn(TraitItemFn { default: Some(block), .. }) => {
            close(&block.brace_token)
        }
        TraitItem::Fn(TraitItemFn { semi_token: Some(semi), .. }) => {
            line(semi.span)
        }
        other => last_line(other),
    };
    Found { kind, name, last, inside: None }
}

fn impl_member(member: &ImplItem) -> Found {
    let (kind, name) = match member {
        ImplItem::Fn(item) => (Kind::Function, item.sig.ident.to_string()),
        ImplItem::Const(item) => (Kind::Constant, item.ident.to_string()),
        ImplItem::Type(item) => (Kind::Type, item.ident.to_string()),
        other => (Kind::Macro, compact(other)),
    };
    let last = match member {
        ImplItem::Fn(item) => close(&item.block.brace_token),
        other => last_line(other),
    };
    Found { kind, name, last, inside: None }
}

/// The last word of a type's path, without generics: `Engine`.
fn type_name(target: &syn::Type) -> String {
    match target {
        syn::Type::Path(path) => match path.path.segments.last() {
            Some(last) => last.ident.to_string(),
            None => compact(target),
        },
        other => compact(other),
    }
}

/// Tokens as one would write them: spaces only between words.
fn compact(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    let mut name = String::new();
    let mut characters = spaced.chars().peekable();
    while let Some(c) = characters.next() {
        let between = name.chars().last().is_some_and(word)
            && characters.peek().copied().is_some_and(word);
        if !c.is_whitespace() || between {
            name.push(c);
        }
    }
    name.replace(',', ", ")
}
