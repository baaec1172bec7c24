//! The documents of each dialect, by their headings.

/// A dialect and its documents.
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) documents: &'static [Document],
}

/// A document that clients are written by.
pub(crate) struct Document {
    /// What tags call it.
    pub(crate) number: &'static str,
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// In the order of the document.
    pub(crate) headings: &'static [&'static str],
}

const FIRST_EVENTS: &[&str] = &["WebSocket Events", "State event", "Lifecycle event", "Logout event"];

pub(crate) const DIALECTS: &[Dialect] = &[NAVIXY, TRACKIT];

const TRACKIT: Dialect = Dialect {
    name: "trackit",
    title: "TRACKiT",
    documents: &[Document {
        number: "004",
        file: "004_806a34f7cfa8c65f.txt",
        title: "Socket Manual",
        headings: &[
            "This is the process to authenticate and use the socket:",
            "Authentication token",
            "HTTP Request",
            "Parameters",
            "Request example:",
            "Command list",
            "Authentication",
            "API Command",
            "PND API Command (pnd-api)",
            "Data Parameters ID",
            "Vehicle-related data",
            "TRACKiT Works related data",
        ],
    }],
};

const NAVIXY: Dialect = Dialect {
    name: "navixy",
    title: "Navixy",
    documents: &[
        Document {
            number: "000",
            file: "000_c6b88cbd9b5a431f.txt",
            title: "WebSocket events, first edition",
            headings: FIRST_EVENTS,
        },
        Document {
            number: "001",
            file: "001_8719c9d37cc92574.txt",
            title: "WebSocket events, first edition, as a page of August 2020",
            headings: FIRST_EVENTS,
        },
        Document {
            number: "002",
            file: "002_67500b7340588ee1.txt",
            title: "WebSocket events, current edition",
            headings: &[
                "WebSocket Events",
                "State event",
                "State batch event",
                "Compact source state",
                "Readings batch event",
                "Data Stream Analyzer event",
                "Lifecycle event",
                "Logout event",
            ],
        },
        Document {
            number: "003",
            file: "003_6a793ac3f8c39122.txt",
            title: "WebSocket subscription, first edition",
            headings: &[
                "WebSocket Subscription",
                "Subscribe Action: Request",
                "Subscribe Action: Response",
                "The \"state\" event subscription",
                "Automatic subscriptions",
                "Unsubscribe Action: Request",
                "Unsubscribe Action: Response",
                "Error Response",
            ],
        },
    ],
};
