//! The enumerations of links, mirrors and tasks, with their names on the wire.

/// Declares an enumeration whose members have one spelling everywhere: serde, `Display`, `FromStr`.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every member, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The spelling on the wire, in configs and in commands.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|word| word.as_str().eq_ignore_ascii_case(text)).ok_or_else(
                    || UnknownWord {
                        what: $what,
                        given: text.into(),
                        known: Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "),
                    },
                )
            }
        }
    };
}

/// A word that is not a member of the enumeration it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {what}: use one of {known}")]
pub struct UnknownWord {
    /// What was expected, e.g. `link mode`.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// The members, comma separated.
    pub known: String,
}

vocabulary! {
    /// Which half of a link this is (`link.mode`).
    LinkMode, "link mode" {
        /// Owns the mirrors.
        Destination = "DESTINATION",
        /// Half on the cluster whose topics are copied.
        Source = "SOURCE",
        /// Mirrors may go either way.
        Bidirectional = "BIDIRECTIONAL",
    }
}

vocabulary! {
    /// Which side makes the connections (`connection.mode`).
    ConnectionMode, "connection mode" {
        /// This half dials the remote cluster.
        Outbound = "OUTBOUND",
        /// This half never dials; the peer's half does.
        Inbound = "INBOUND",
    }
}

vocabulary! {
    /// State of a link.
    LinkState, "link state" {
        /// The remote cluster answered the last checks.
        Active = "ACTIVE",
        /// Several availability checks in a row failed; left by itself when the remote answers.
        Unavailable = "UNAVAILABLE",
        /// Paused by a user (`cluster.link.paused`).
        Paused = "PAUSED",
        /// Unusable until a user acts.
        Failed = "FAILED",
        /// Leftover of a source half whose peer is gone.
        UnmanagedSource = "UNMANAGED_SOURCE",
        /// Not known (yet).
        Unknown = "UNKNOWN",
    }
}

vocabulary! {
    /// Why a link is not usable.
    LinkError, "link error" {
        /// A reason without a name of its own; the message says more.
        Unknown = "UNKNOWN",
        /// Nothing is wrong.
        NoError = "NO_ERROR",
        /// The remote cluster refused the credentials.
        Authentication = "AUTHENTICATION_ERROR",
        /// No host of `bootstrap.servers` resolves.
        UnresolvableBootstrap = "UNRESOLVABLE_BOOTSTRAP_ERROR",
        /// `bootstrap.servers` names an endpoint that only the remote's own network can use.
        InvalidBootstrapInternalEndpoint = "INVALID_BOOTSTRAP_INTERNAL_ENDPOINT_ERROR",
        /// No TCP connection to any bootstrap server.
        BootstrapTcpConnectionFailed = "BOOTSTRAP_TCP_CONNECTION_FAILED_ERROR",
        /// The remote did not answer in time.
        Timeout = "TIMEOUT_ERROR",
    }
}

vocabulary! {
    /// State of a mirror topic (`mirror_status`).
    MirrorState, "mirror state" {
        /// Copying.
        Active = "ACTIVE",
        /// Cannot continue; see [`MirrorTopicError`].
        Failed = "FAILED",
        /// The link is FAILED.
        LinkFailed = "LINK_FAILED",
        /// The whole link is paused.
        LinkPaused = "LINK_PAUSED",
        /// This topic was paused by a user.
        Paused = "PAUSED",
        /// A promote or failover is running.
        PendingStopped = "PENDING_STOPPED",
        /// The source cannot be fetched; retrying.
        SourceUnavailable = "SOURCE_UNAVAILABLE",
        /// An ordinary writable topic again; the link keeps the record.
        Stopped = "STOPPED",
        /// Old source being turned into a mirror.
        PendingMirror = "PENDING_MIRROR",
        /// Old mirror waiting for the last synchronisation of a reverse.
        PendingSynchronize = "PENDING_SYNCHRONIZE",
        /// Truncate-and-restore is preparing.
        PendingSetupForRestore = "PENDING_SETUP_FOR_RESTORE",
        /// Truncating to the remote's stop offsets.
        PendingRestore = "PENDING_RESTORE",
    }
}

vocabulary! {
    /// Why a mirror topic failed (`mirror_topic_error`).
    MirrorTopicError, "mirror topic error" {
        /// A reason without a name of its own; the message says more.
        Unknown = "UNKNOWN",
        /// Not determined.
        NotSet = "NOT_SET",
        /// Nothing is wrong.
        NoError = "NO_ERROR",
        /// The source topic is gone and has been for longer than the retry time.
        SourceTopicMayBeDeleted = "SOURCE_TOPIC_MAY_BE_DELETED",
        /// A topic of the same name was created anew on the source.
        SourceTopicIdChanged = "SOURCE_TOPIC_ID_CHANGED",
        /// The source topic has fewer partitions than the mirror.
        SourcePartitionsDecreased = "SOURCE_PARTITIONS_DECREASED",
        /// The mirror was written by somebody else: its log end is not where the link left it.
        NonMonotonicLogAppendEpoch = "NON_MONOTONIC_LOG_APPEND_EPOCH",
        /// The source lost records that the mirror has (unclean leader election).
        UnexpectedTruncation = "UNEXPECTED_TRUNCATION",
        /// A source batch is in a format that cannot be mirrored.
        UnsupportedMessageFormat = "UNSUPPORTED_MESSAGE_FORMAT",
        /// The leader epoch of the source went backwards.
        NonMonotonicSourceEpoch = "NON_MONOTONIC_SOURCE_EPOCH",
        /// The stored state of the mirror contradicts its log.
        IllegalState = "ILLEGAL_STATE",
        /// The stored state is one this version does not know.
        UnsupportedMirrorState = "UNSUPPORTED_MIRROR_STATE",
    }
}

vocabulary! {
    /// The reconcilers of a link.
    TaskName, "link task" {
        /// Copies ACLs.
        AclSync = "AclSync",
        /// Makes mirrors of source topics that match the filters.
        AutoCreateMirror = "AutoCreateMirror",
        /// Copies committed offsets of consumer groups.
        ConsumerOffsetSync = "ConsumerOffsetSync",
        /// Copies topic configs.
        TopicConfigsSync = "TopicConfigsSync",
    }
}

vocabulary! {
    /// State of a task of a link.
    TaskState, "task state" {
        /// Not known (yet).
        Unknown = "UNKNOWN",
        /// Its last run did all there was to do.
        Active = "ACTIVE",
        /// Its last run left something undone; see its errors.
        InError = "IN_ERROR",
        /// Switched off by the link's configs.
        NotConfigured = "NOT_CONFIGURED",
        /// The link is FAILED.
        LinkFailed = "LINK_FAILED",
        /// The link is UNAVAILABLE.
        LinkUnavailable = "LINK_UNAVAILABLE",
        /// The link is PAUSED.
        LinkPaused = "LINK_PAUSED",
    }
}

vocabulary! {
    /// Error codes of tasks and of mirror state transitions.
    TaskErrorCode, "task error code" {
        /// A reason without a name of its own.
        Unknown = "UNKNOWN",
        /// Nothing is wrong.
        NoError = "NO_ERROR",
        /// A bug in Drawbridge.
        Internal = "INTERNAL_ERROR",
        /// Credentials refused.
        Authentication = "AUTHENTICATION_ERROR",
        /// A broker refused another broker's credentials.
        BrokerAuthentication = "BROKER_AUTHENTICATION_ERROR",
        /// The link's configs contradict each other or the clusters.
        Misconfiguration = "MISCONFIGURATION_ERROR",
        /// The other half does not exist.
        RemoteLinkNotFound = "REMOTE_LINK_NOT_FOUND_ERROR",
        /// The link does not exist.
        LinkNotFound = "LINK_NOT_FOUND_ERROR",
        /// The group has members on the destination.
        ConsumerGroupInUse = "CONSUMER_GROUP_IN_USE_ERROR",
        /// A permission is missing.
        Authorization = "AUTHORIZATION_ERROR",
        /// A permission of a broker is missing.
        BrokerAuthorization = "BROKER_AUTHORIZATION_ERROR",
        /// ACLs are asked for on a cluster without an authorizer.
        SecurityDisabled = "SECURITY_DISABLED_ERROR",
        /// A plain topic has the name the mirror needs.
        TopicExists = "TOPIC_EXISTS_ERROR",
        /// A policy of the destination refused the request.
        PolicyViolation = "POLICY_VIOLATION_ERROR",
        /// The coordinator of links is switched off.
        LinkCoordinatorNotEnabled = "LINK_COORDINATOR_NOT_ENABLED_ERROR",
        /// The destination allows no more ACLs.
        AclLimitExceeded = "ACL_LIMIT_EXCEEDED",
        /// The mirror of the other half does not exist.
        RemoteMirrorNotFound = "REMOTE_MIRROR_NOT_FOUND_ERROR",
        /// The topic or partition does not exist.
        UnknownTopicOrPartition = "UNKNOWN_TOPIC_OR_PARTITION_ERROR",
        /// The topic's name or definition is not valid.
        InvalidTopic = "INVALID_TOPIC",
        /// More errors than are listed.
        SuppressedErrors = "SUPPRESSED_ERRORS",
        /// The broker called the request invalid.
        InvalidRequest = "INVALID_REQUEST_ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_from_its_spelling_whatever_the_case() {
        for &state in MirrorState::ALL {
            assert_eq!(state.as_str().parse::<MirrorState>().unwrap(), state);
            assert_eq!(state.as_str().to_lowercase().parse::<MirrorState>().unwrap(), state);
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "SIDEWAYS".parse::<LinkMode>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`SIDEWAYS` is not a link mode: use one of DESTINATION, SOURCE, BIDIRECTIONAL"
        );
    }
}
