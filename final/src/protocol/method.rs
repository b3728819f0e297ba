//! The methods a client may call, as a closed set: an unknown name becomes
//! [`Method::Unknown`], so that it can label a metric without unbounded growth.

use super::names::named;

named! {
    /// The method of a request or notification.
    Method {
        Initialize => "initialize",
        Ping => "ping",
        SetLevel => "logging/setLevel",
        ListTools => "tools/list",
        CallTool => "tools/call",
        ListResources => "resources/list",
        ListTemplates => "resources/templates/list",
        ReadResource => "resources/read",
        Subscribe => "resources/subscribe",
        Unsubscribe => "resources/unsubscribe",
        ListPrompts => "prompts/list",
        GetPrompt => "prompts/get",
        Complete => "completion/complete",
        Initialized => "notifications/initialized",
        Cancelled => "notifications/cancelled",
        RootsChanged => "notifications/roots/list_changed",
        Discover => "server/discover",
        Listen => "subscriptions/listen",
        /// Any other name.
        Unknown => "unknown",
    }
}

impl Method {
    /// Returns the method with this name.
    pub fn parse(name: &str) -> Self {
        Self::from_name(name).unwrap_or(Self::Unknown)
    }
}
