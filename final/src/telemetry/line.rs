//! The formats of a log line: text for people, or one JSON object. In both, every
//! value is an [`excerpt`].

use std::fmt::{self, Debug};

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::{MakeExt, RecordFields};
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{
    FmtContext, FormatEvent, FormatFields, FormattedFields,
};
use tracing_subscriber::registry::LookupSpan;

use super::excerpt::excerpt;

/// The field in which `tracing` keeps the text of an event.
const MESSAGE: &str = "message";

/// Formats the fields of a text line: the message, and `name=value` pairs.
pub fn text_fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    let pair =
        |writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| match field
            .name()
        {
            MESSAGE => write!(writer, "{}", excerpt(value)),
            name => write!(writer, "{name}={}", excerpt(value)),
        };
    format::debug_fn(pair).delimited(" ")
}

/// Formats an event as one JSON object: time, level, the event's fields, the span.
#[derive(Debug)]
pub struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut now = String::new();
        SystemTime.format_time(&mut Writer::new(&mut now))?;
        let level = event.metadata().level();
        write!(writer, r#"{{"timestamp":"{now}","level":"{level}","#)?;
        write_members(&mut writer, event)?;
        if let Some(span) = context.lookup_current() {
            write!(writer, r#","span":{{"name":"{}""#, span.name())?;
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>();
            match fields.map(|fields| fields.fields.as_str()) {
                None | Some("") => {}
                Some(members) => write!(writer, ",{members}")?,
            }
            write!(writer, "}}")?;
        }
        writeln!(writer, "}}")
    }
}

/// Formats the fields of a span as members of a JSON object, without its braces.
#[derive(Debug)]
pub struct JsonMembers;

impl<'w> FormatFields<'w> for JsonMembers {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'w>,
        fields: R,
    ) -> fmt::Result {
        write_members(&mut writer, fields)
    }
}

fn write_members(
    writer: &mut Writer<'_>,
    fields: impl RecordFields,
) -> fmt::Result {
    let mut members = Members { writer, are_first: true, written: Ok(()) };
    fields.record(&mut members);
    members.written
}

struct Members<'a, 'w> {
    writer: &'a mut Writer<'w>,
    are_first: bool,
    written: fmt::Result,
}

impl Members<'_, '_> {
    fn write(&mut self, field: &Field, value: impl Serialize) {
        let comma = if self.are_first { "" } else { "," };
        self.are_first = false;
        let value = serde_json::to_string(&value).map_err(|_| fmt::Error);
        self.written = self.written.and_then(|()| {
            write!(self.writer, r#"{comma}"{}":{}"#, field.name(), value?)
        });
    }
}

impl Visit for Members<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, value);
    }

    /// Records a text without the quotation marks of its `Debug` output.
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, excerpt(value));
    }
}
