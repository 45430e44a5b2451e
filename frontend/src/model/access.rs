//! Users, ACLs and grants in words, and what changing them means for links.

use drawbridge_shared::access::{
    Acl, AclPattern, Authority, Decision, Grant, GrantSide, Ground, ScramMechanism, WILDCARD,
    missing, principal_of,
};
use drawbridge_shared::link::{ConfigRow, LinkMode};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{LinkPrincipalRow, UsersView};

use super::role::StateRole;

/// Letters of a password that is made: none needs quoting anywhere, and 64 of them take a byte's bits evenly.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A password of as many letters as there are random bytes.
#[must_use]
pub fn password(random: &[u8]) -> String {
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 63)).copied().map(char::from);
    random.iter().filter_map(letter).collect()
}

/// What a client's properties file says of a user.
#[must_use]
pub fn client_lines(mechanism: ScramMechanism, user: &str, password: &str) -> String {
    let login = jaas(mechanism.as_str(), user, password).unwrap_or_default();
    format!("sasl.mechanism={mechanism}\nsasl.jaas.config={login}")
}

/// The `sasl.jaas.config` of a login by user and password; none for mechanisms that have no password.
#[must_use]
pub fn jaas(mechanism: &str, user: &str, password: &str) -> Option<String> {
    let module = match mechanism {
        "SCRAM-SHA-256" | "SCRAM-SHA-512" => "scram.ScramLoginModule",
        "PLAIN" => "plain.PlainLoginModule",
        _ => return None,
    };
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let (user, password) = (quoted(user), quoted(password));
    Some(format!(
        "org.apache.kafka.common.security.{module} required username=\"{user}\" password=\"{password}\";"
    ))
}

/// A login of a link by user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLogin {
    /// What the names of its configs begin with: nothing, or `local.`.
    pub prefix: &'static str,
    /// The user.
    pub user: String,
    /// `sasl.mechanism`.
    pub mechanism: String,
    /// The cluster it logs in to, if it is one of this gateway.
    pub on: Option<ClusterName>,
}

/// The logins of a half, from who it is and its configs.
#[must_use]
pub fn logins(
    principals: &[LinkPrincipalRow],
    mode: LinkMode,
    configs: &[ConfigRow],
) -> Vec<LinkLogin> {
    let value = |name: String| {
        configs.iter().find(|row| row.name == name).and_then(|row| row.value.clone())
    };
    let login = |row: &LinkPrincipalRow| {
        let is_local = mode == LinkMode::Source && row.side == GrantSide::Source;
        let prefix = if is_local { "local." } else { "" };
        let mechanism = value(format!("{prefix}sasl.mechanism"))?;
        let user = row.principal.as_deref()?.strip_prefix("User:")?.to_owned();
        jaas(&mechanism, "", "")?;
        Some(LinkLogin { prefix, user, mechanism, on: row.on.clone() })
    };
    principals.iter().filter(|row| !row.is_gateway).filter_map(login).collect()
}

/// Who uses a user's login on a cluster: links in words, and the gateway itself.
#[must_use]
pub fn used_by(
    user: &str,
    cluster: &ClusterName,
    principals: &[LinkPrincipalRow],
    gateway: Option<&str>,
) -> Vec<String> {
    let who = principal_of(user);
    let mut users = Vec::new();
    if gateway == Some(&*who) {
        users.push("this gateway".to_owned());
    }
    let links = principals.iter().filter(|row| {
        row.on.as_ref() == Some(cluster) && row.principal.as_ref() == Some(&who) && !row.is_gateway
    });
    for row in links {
        let word = format!("link {} of {}", row.link, row.cluster);
        if !users.contains(&word) {
            users.push(word);
        }
    }
    users
}

/// What becomes of those who log in as a user, once it is deleted or has another password.
#[must_use]
pub fn consequence(users: &[String], is_rotated: bool) -> String {
    let what = if is_rotated { "with the old password" } else { "as this user" };
    let open = "Connections that are open stay open.";
    if users.is_empty() {
        return format!(
            "Nobody can log in {what} any more. {open} No link of this gateway uses it; other clients may."
        );
    }
    let who = users.join(", ");
    let remedy =
        if is_rotated { "Give it the new one as well." } else { "Give it another login first." };
    let verb = if users.len() == 1 { "logs" } else { "log" };
    format!("{} {verb} in {what} and cannot any more. {open} {remedy}", capitalised(&who))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Why credentials of a mechanism are of no use, if that is known.
#[must_use]
pub fn not_offered(view: &UsersView) -> Option<&'static str> {
    view.offered.as_ref().filter(|offered| offered.is_empty()).map(|_| {
        "No listener of this cluster offers SCRAM, so nobody can log in as these users. Add SCRAM-SHA-512 to \
         sasl.enabled.mechanisms of a SASL listener and restart the brokers."
    })
}

/// A resource's name with what it means.
#[must_use]
pub fn resource_words(acl: &Acl) -> String {
    match acl.pattern {
        AclPattern::Literal if acl.name == WILDCARD => "all".to_owned(),
        AclPattern::Literal => acl.name.clone(),
        AclPattern::Prefixed => format!("{}*", acl.name),
    }
}

/// What a decision is, and why, in words.
#[must_use]
pub fn verdict(decision: &Decision) -> (StateRole, &'static str, String) {
    let elsewhere = decision.elsewhere.iter().map(|acl| acl.host.as_str()).collect::<Vec<_>>();
    let but = match (elsewhere.is_empty(), decision.is_allowed) {
        (true, _) => String::new(),
        (false, true) => format!("; denied from {}", elsewhere.join(", ")),
        (false, false) => format!("; allowed from {}", elsewhere.join(", ")),
    };
    match &decision.ground {
        Ground::Acl(acl) if decision.is_allowed => {
            (StateRole::Ok, "allowed", format!("by {}{but}", by(acl)))
        }
        Ground::Acl(acl) => (StateRole::Failed, "denied", format!("by {}{but}", by(acl))),
        Ground::NoAcl => (
            StateRole::Unknown,
            "not allowed",
            "it has no ACL of anybody; brokers with allow.everyone.if.no.acl.found=true allow it"
                .to_owned(),
        ),
        Ground::Nothing => (StateRole::Unknown, "not allowed", format!("no ACL allows it{but}")),
    }
}

fn by(acl: &Acl) -> String {
    format!("{} {} {}", acl.permission, acl.principal, acl.operation)
}

/// The ACLs of `grants` that the principal does not hold yet.
#[must_use]
pub fn lacking(grants: &[Grant], held: &[Acl]) -> Vec<Acl> {
    let authority = Authority { acls: held };
    let acls = grants.iter().map(|grant| &grant.acl);
    acls.filter(|acl| missing(&authority, acl)).cloned().collect()
}

/// The user's name in a principal; empty when it is of another kind.
#[must_use]
pub fn user_of(principal: &str) -> &str {
    principal.strip_prefix("User:").unwrap_or_default()
}

/// A principal as typed: a bare name is a user's.
#[must_use]
pub fn principal(typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains(':') { typed.to_owned() } else { principal_of(typed) }
}

/// A side in words, with what the principal does there.
#[must_use]
pub fn side_words(side: GrantSide) -> &'static str {
    match side {
        GrantSide::Source => "Source: reads topics and group offsets",
        GrantSide::Destination => "Destination: writes mirrors and group offsets",
        GrantSide::Gateway => "Gateway: keeps links and activity on the cluster",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_shared::access::{AclOperation, AclResource, GrantScope, NamePattern, needed};
    use proptest::prelude::*;

    fn row(link: &str, on: &str, principal: &str) -> LinkPrincipalRow {
        LinkPrincipalRow {
            cluster: "cloud".parse().unwrap(),
            link: link.parse().unwrap(),
            on: on.parse().ok(),
            side: GrantSide::Source,
            principal: Some(principal.into()),
            is_gateway: false,
        }
    }

    #[test]
    fn who_logs_in_as_a_user_is_named() {
        let cluster: ClusterName = "onprem".parse().unwrap();
        let rows = [
            row("a", "onprem", "User:u"),
            row("b", "cloud", "User:u"),
            row("c", "onprem", "User:v"),
        ];
        assert_eq!(used_by("u", &cluster, &rows, None), ["link a of cloud"]);
        let users = used_by("u", &cluster, &rows, Some("User:u"));
        assert_eq!(users, ["this gateway", "link a of cloud"]);
        assert!(
            consequence(&users, false)
                .starts_with("This gateway, link a of cloud log in as this user")
        );
        assert!(consequence(&[], true).contains("with the old password"));
    }

    #[test]
    fn what_is_lacking_gets_less_with_what_is_held() {
        let scope = GrantScope { topics: NamePattern::list("orders"), groups: Vec::new() };
        let grants = needed(GrantSide::Source, "User:l", &scope);
        assert_eq!(lacking(&grants, &[]).len(), grants.len());
        let all =
            Acl::allow("User:l", AclResource::Topic, AclPattern::Literal, "*", AclOperation::All);
        assert!(lacking(&grants, &[all]).is_empty());
    }

    #[test]
    fn a_bare_name_is_a_users() {
        assert_eq!(principal(" link "), "User:link");
        assert_eq!(principal("User:link"), "User:link");
        assert_eq!(user_of("User:link"), "link");
    }

    #[test]
    fn lines_for_a_client_keep_quotes_inside() {
        let lines = client_lines(ScramMechanism::Sha512, "u", "a\"b\\c");
        assert!(lines.ends_with(r#"username="u" password="a\"b\\c";"#), "{lines}");
    }

    #[test]
    fn a_half_has_a_login_for_each_side_that_has_a_user_of_its_own() {
        let config = |name: &str, value: &str| ConfigRow {
            name: name.into(),
            value: Some(value.into()),
            is_default: false,
            is_read_only: false,
            is_sensitive: false,
            source: String::new(),
            synonyms: Vec::new(),
            documentation: String::new(),
        };
        let configs =
            [config("sasl.mechanism", "PLAIN"), config("local.sasl.mechanism", "SCRAM-SHA-512")];
        let there =
            LinkPrincipalRow { side: GrantSide::Destination, ..row("l", "cloud", "User:writer") };
        let here = row("l", "onprem", "User:reader");
        let found = logins(&[here.clone(), there.clone()], LinkMode::Source, &configs);
        let names: Vec<_> =
            found.iter().map(|one| (one.prefix, &*one.user, &*one.mechanism)).collect();
        assert_eq!(names, [("local.", "reader", "SCRAM-SHA-512"), ("", "writer", "PLAIN")]);
        let found = logins(std::slice::from_ref(&here), LinkMode::Destination, &configs);
        assert_eq!((found[0].prefix, &*found[0].mechanism), ("", "PLAIN"));
        let gateway = LinkPrincipalRow { is_gateway: true, ..there };
        let by_token = [config("sasl.mechanism", "OAUTHBEARER")];
        assert!(logins(&[gateway], LinkMode::Source, &configs).is_empty());
        assert!(logins(&[here], LinkMode::Destination, &by_token).is_empty());
    }

    proptest! {
        #[test]
        fn a_password_that_is_made_needs_no_quoting(random in proptest::collection::vec(any::<u8>(), 24)) {
            let made = password(&random);
            prop_assert_eq!(made.len(), 24);
            prop_assert!(made.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)));
        }
    }
}
