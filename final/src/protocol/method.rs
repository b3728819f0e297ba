//! The methods a client may call, as a closed set: an unknown name becomes
//! [`Method::Unknown`], so that it can label a metric without unbounded growth.

macro_rules! methods {
    ($($variant:ident => $name:literal,)*) => {
        /// A request's or notification's method.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Method {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// Any other name.
            Unknown,
        }

        impl Method {
            /// Every method; the index of one is `method as usize`.
            pub const ALL: &[Self] = &[$(Self::$variant,)* Self::Unknown];

            /// The method with this name.
            pub fn parse(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }

            /// The name on the wire; `unknown` for [`Method::Unknown`].
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown => "unknown",
                }
            }
        }
    };
}

methods! {
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
}
