//! One message on its way through a proxy.

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;

use super::gate::Fate;
use super::record::{Entry, Place, What};
use super::{Recorder, words};

impl Recorder {
    /// Waits until a message may pass, writes it down, and passes it on. Whether
    /// its connection is to stay open.
    pub(super) async fn pass(
        &self,
        [from, to]: [&str; 2],
        what: What,
        bytes: &[u8],
        out: &mut OwnedWriteHalf,
    ) -> bool {
        self.pass_noted([from, to], what, bytes, out, |_| {}).await
    }

    /// The same; `noted` is told where the message stands in the record, if it does,
    /// before it is passed on.
    pub(super) async fn pass_noted(
        &self,
        [from, to]: [&str; 2],
        what: What,
        bytes: &[u8],
        out: &mut OwnedWriteHalf,
        noted: impl FnOnce(Option<Place>),
    ) -> bool {
        let text = words::all(&what);
        let (fate, told) = self.gate.pass([from, to], &text, &what).await;
        let place = self.write(|record| {
            let entry = Entry::message(from, to, what);
            let place = if fate == Fate::Cut { None } else { record.add(entry) };
            if fate != Fate::Pass {
                record.add(Entry::message(from, to, What::Cut));
            }
            place
        });
        noted(place);
        drop(told);
        let length = match fate {
            Fate::Cut => 0,
            Fate::CutWithin => bytes.len() / 2,
            _ => bytes.len(),
        };
        let written = out.write_all(&bytes[..length]).await;
        written.is_ok() && fate == Fate::Pass
    }

    /// The sender has ended the connection before it said everything.
    pub(super) fn broke(&self, [from, to]: [&str; 2]) {
        self.write(|record| record.add(Entry::message(from, to, What::Cut)));
    }
}
