//! Pages of a list. A cursor is a position in the list, so that any node can
//! continue with it, even after a restart.
//! spec: server/utilities/pagination

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The number of items on a page: so many that ordinary clients need only one page.
pub const PAGE_SIZE: usize = 100;

/// The parameters of every list method.
#[derive(Debug, Default, Deserialize)]
pub struct ListParams {
    /// The position at which the previous page ended.
    pub cursor: Option<String>,
}

/// One page and the cursor of the next.
#[derive(Debug, PartialEq)]
pub struct ListPage<'a, T> {
    pub items: &'a [T],
    /// Absent on the last page.
    pub next_cursor: Option<String>,
}

/// Returns the page of `items` at `cursor`; `None` for a cursor that the server
/// never issued.
pub fn page<'a, T>(
    items: &'a [T],
    cursor: Option<&str>,
) -> Option<ListPage<'a, T>> {
    let start = match cursor {
        None => 0,
        Some(cursor) => decode(cursor).filter(|start| *start < items.len())?,
    };
    let end = items.len().min(start + PAGE_SIZE);
    let next_cursor = (end < items.len()).then(|| encode(end));
    Some(ListPage { items: &items[start..end], next_cursor })
}

fn encode(position: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("at:{position}"))
}

fn decode(cursor: &str) -> Option<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("at:")?.parse().ok()
}
