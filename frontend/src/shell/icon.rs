//! The line drawings of the frame; decoration, the word stands beside them.

use leptos::prelude::*;

/// A drawing of 16 by 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Three joined nodes.
    Topology,
    /// Two links of a chain.
    Links,
    /// Two equal boxes side by side.
    Mirrors,
    /// Three lines.
    Topics,
    /// Two people.
    Groups,
    /// A key.
    Access,
    /// Two boxes above each other.
    Clusters,
    /// A line that goes up and down.
    Activity,
    /// A looking glass.
    Search,
    /// A half-filled circle: as the system has it.
    System,
    /// A sun.
    Light,
    /// A moon.
    Dark,
    /// A keyboard.
    Keys,
    /// Two arrows to the left.
    Fold,
    /// A cross.
    Close,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Topology => {
                "M5.5 8a2 2 0 1 1-4 0a2 2 0 0 1 4 0ZM14.5 3.5a2 2 0 1 1-4 0a2 2 0 0 1 4 0Z\
                 M14.5 12.5a2 2 0 1 1-4 0a2 2 0 0 1 4 0ZM5.4 7.2l5.2-2.8M5.4 8.8l5.2 2.8"
            }
            Self::Links => {
                "M6.5 9.5l3-3M5 7 3.6 8.4a2.8 2.8 0 0 0 4 4L9 11M7 5l1.4-1.4a2.8 2.8 0 0 1 4 4L11 9"
            }
            Self::Mirrors => {
                "M3 3h3a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Z\
                 M10 3h3a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Z"
            }
            Self::Topics => "M2.5 4h11M2.5 8h11M2.5 12h7",
            Self::Access => {
                "M8.2 5.4a3 3 0 1 1-6 0a3 3 0 0 1 6 0ZM7.4 7.5l6.1 6.1M11.2 11.3l1.6-1.6M9.3 9.4l1.2-1.2"
            }
            Self::Clusters => {
                "M3.5 2.5h9a1 1 0 0 1 1 1V6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V3.5a1 1 0 0 1 1-1Z\
                 M3.5 9h9a1 1 0 0 1 1 1v2.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1Z\
                 M5 4.8h.1M5 11.3h.1"
            }
            Self::Groups => {
                "M7.6 5a2.1 2.1 0 1 1-4.2 0a2.1 2.1 0 0 1 4.2 0ZM1.8 13c0-2.3 1.6-3.8 3.7-3.8S9.2 10.7 9.2 13\
                 M10.2 3.2a1.9 1.9 0 0 1 0 3.6M11.2 9.4c1.9.3 3 1.7 3 3.6"
            }
            Self::Activity => "M1.5 8h3l2-5 3 10 2-5h3",
            Self::Search => "M11.2 7a4.2 4.2 0 1 1-8.4 0a4.2 4.2 0 0 1 8.4 0ZM10.2 10.2l3.3 3.3",
            Self::System => {
                "M13.5 8a5.5 5.5 0 1 1-11 0a5.5 5.5 0 0 1 11 0ZM8 2.5v11M8 5.5l4.6-1.2M8 8h5.4M8 10.5l4.6 1.2"
            }
            Self::Light => {
                "M11 8a3 3 0 1 1-6 0a3 3 0 0 1 6 0ZM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1\
                 M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"
            }
            Self::Dark => "M13.2 9.7A5.6 5.6 0 0 1 6.3 2.8A5.6 5.6 0 1 0 13.2 9.7Z",
            Self::Keys => {
                "M2.5 4h11a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z\
                 M4.5 6.8h.1M7 6.8h.1M9.5 6.8h.1M12 6.8h.1M5 9.5h6"
            }
            Self::Fold => "M8.5 4.5 5 8l3.5 3.5M12.5 4.5 9 8l3.5 3.5",
            Self::Close => "M4 4l8 8M12 4l-8 8",
        }
    }

    /// The drawing, hidden from screen readers.
    pub fn draw(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d=self.path()></path>
            </svg>
        }
    }
}
