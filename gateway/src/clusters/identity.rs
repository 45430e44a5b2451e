//! Whether the cluster behind an address is still the one it was.

use std::sync::OnceLock;

use drawbridge_shared::{names::ClusterName, view::FaultView};

/// Remembers the first cluster id that answered. Another one later means that a different cluster is
/// behind the address; acting on it would do to one cluster what was meant for the other.
#[derive(Debug, Default)]
pub(super) struct Identity {
    first: OnceLock<String>,
    other: OnceLock<String>,
}

impl Identity {
    /// Takes note of an id that answered.
    ///
    /// # Errors
    /// The fault, when it is not the first one, or when it ever was not.
    pub(super) fn confirm(&self, name: &ClusterName, id: &str) -> Result<(), FaultView> {
        if self.first.get_or_init(|| id.to_owned()) != id {
            self.other.get_or_init(|| id.to_owned());
        }
        self.fault(name).map_or(Ok(()), Err)
    }

    /// The first id that answered.
    #[must_use]
    pub(super) fn id(&self) -> Option<&str> {
        self.first.get().map(String::as_str)
    }

    /// The fault, once another id answered. It stays: only a person can say which cluster was meant.
    #[must_use]
    pub(super) fn fault(&self, name: &ClusterName) -> Option<FaultView> {
        let (first, other) = (self.first.get()?, self.other.get()?);
        Some(FaultView {
            summary: format!("another cluster answers at the address of {name}"),
            cause: format!("its cluster id was {first} and became {other}"),
            remedy: "Check bootstrap.servers and DNS. If the new cluster is meant, remove this one and add \
                     it again, or restart the gateway; until then it is not used."
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_changed_its_id_stays_refused_even_when_the_old_id_returns() {
        let (identity, name) = (Identity::default(), "cloud".parse().unwrap());
        assert_eq!(identity.confirm(&name, "aaa"), Ok(()));
        assert_eq!(identity.confirm(&name, "aaa"), Ok(()));
        let fault = identity.confirm(&name, "bbb").unwrap_err();
        assert_eq!(fault.cause, "its cluster id was aaa and became bbb");
        assert_eq!(identity.confirm(&name, "aaa").unwrap_err(), fault);
        assert_eq!(identity.id(), Some("aaa"));
    }
}
