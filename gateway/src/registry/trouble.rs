//! Why a value is not decoded, and what to do.

/// What keeps a value from being decoded. Names no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Which kind of trouble.
    pub(crate) kind: TroubleKind,
    /// What is the case, as a sentence without its point.
    pub(crate) cause: String,
    /// What to do, as sentences.
    pub(crate) remedy: String,
}

/// How a trouble is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// The registry has no such schema.
    Unknown,
    /// The registry does not answer, or not to this gateway: so with every schema.
    Registry,
    /// The schema itself is of no use.
    Schema,
    /// The bytes are not of the schema.
    Bytes,
    /// The search has waited enough.
    Spent,
}

impl Trouble {
    pub(super) fn new(
        kind: TroubleKind,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { kind, cause: cause.into(), remedy: remedy.into() }
    }

    /// The registry cannot be asked.
    pub(super) fn registry(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(TroubleKind::Registry, cause, remedy)
    }

    /// A schema cannot be used.
    pub(super) fn schema(of: impl std::fmt::Display, why: &str) -> Self {
        const MOST: usize = 400;
        let why: String = why.lines().next().unwrap_or_default().chars().take(MOST).collect();
        Self::new(
            TroubleKind::Schema,
            format!("{of} cannot be used: {why}"),
            "Look at the schema in the registry; one that its own serializer takes may still refer to what is not there.",
        )
    }
}
