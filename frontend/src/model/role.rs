//! What a state asks of whoever reads it, with a shape that says it without colour.

/// What a state asks of whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateRole {
    /// ● As it should be.
    Ok,
    /// ▲ Needs a look.
    Attention,
    /// ■ Does not work.
    Failed,
    /// ◆ Ended on purpose.
    Finished,
    /// ○ Not known, or not begun.
    #[default]
    Unknown,
}

impl StateRole {
    /// The class that gives it its colour.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "role-ok",
            Self::Attention => "role-attention",
            Self::Failed => "role-failed",
            Self::Finished => "role-finished",
            Self::Unknown => "role-unknown",
        }
    }

    /// Its shape, in a box of 10 by 10.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Ok => "M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8Z",
            Self::Attention => "M5 .8 9.6 9H.4Z",
            Self::Failed => "M1 1h8v8H1Z",
            Self::Finished => "M5 .3 9.7 5 5 9.7.3 5Z",
            Self::Unknown => {
                "M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8ZM5 2.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8Z"
            }
        }
    }
}
