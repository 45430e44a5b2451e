//! Users and ACLs as the console and REST meet them.

use drawbridge_embedded::{
    ClusterSpec as EmbeddedSpec, EmbeddedCluster, ListenerSecurity, Mechanism,
};
use drawbridge_shared::{
    access::{Acl, AclOperation, AclPattern, AclResource, AclSelection, ScramMechanism, UserDraft},
    names::ClusterName,
    view::{AclsView, ActivityEntry, ClusterOrigin, UsersView},
    wire::{ErrorCode, Feed, FeedData, Request, Response},
};
use serde_json::json;

use super::{
    golden::check,
    rest::{CLUSTER, error, running},
    support::{Console, ask, embedded, gateway, in_time, start},
};
use crate::{
    app::{App, Parts},
    clusters::ClusterSpec,
};

const PASSWORD: &str = "n0t-to-be-seen";

fn one() -> ClusterName {
    "one".parse().unwrap()
}

/// A cluster with an authorizer and SCRAM, and a gateway that is its administrator.
async fn secured() -> (EmbeddedCluster, App) {
    let spec = EmbeddedSpec::new("cluster-1")
        .security(ListenerSecurity::sasl(&[Mechanism::ScramSha512]))
        .user("admin", "admin-secret")
        .super_user("User:admin");
    let cluster = embedded(spec).await;
    let text = format!(
        "bootstrap.servers={}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"admin-secret\";\n",
        cluster.bootstrap_servers()
    );
    let spec = ClusterSpec::from_text(one(), ClusterOrigin::Configured, &text, "one").unwrap();
    let app = start(Parts { clusters: vec![spec], ..Parts::default() }).await;
    in_time(async {
        while ask(&app, "GET", CLUSTER, "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    (cluster, app)
}

fn read(topic: &str) -> Acl {
    let (literal, read) = (AclPattern::Literal, AclOperation::Read);
    Acl::allow("User:link", AclResource::Topic, literal, topic, read)
}

fn draft(name: &str) -> UserDraft {
    UserDraft {
        name: name.into(),
        mechanism: ScramMechanism::Sha512,
        iterations: "4096".into(),
        password: PASSWORD.into(),
    }
}

async fn users(console: &mut Console) -> UsersView {
    match console.ask(Request::Users { cluster: one() }).await {
        Ok(Response::Users(view)) => view,
        other => panic!("unexpected {other:?}"),
    }
}

async fn acls(console: &mut Console, selection: AclSelection) -> AclsView {
    match console.ask(Request::Acls { cluster: one(), selection }).await {
        Ok(Response::Acls(view)) => *view,
        other => panic!("unexpected {other:?}"),
    }
}

async fn activity(console: &mut Console, wanted: &str) -> Vec<ActivityEntry> {
    let feed = Feed::Activity { cluster: None, link: None, topic: None };
    let has = |state: &FeedData| match state {
        FeedData::Activity(all) => all.iter().any(|entry| entry.action == wanted),
        _ => false,
    };
    match console.until(feed, has).await {
        FeedData::Activity(entries) => entries,
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_rotated_and_deleted_and_the_password_is_told_to_nobody() {
    let (_cluster, app) = secured().await;
    let mut console = Console::open(&app).await;
    let set = |replace| Request::SetUser { cluster: one(), draft: draft("link"), replace };
    let early = console.ask(set(true)).await.unwrap_err();
    assert_eq!(early.code, ErrorCode::NotFound, "{early:?}");
    console.ask(set(false)).await.unwrap();
    let again = console.ask(set(false)).await.unwrap_err();
    assert_eq!((again.code, &*again.fields[0].field), (ErrorCode::Conflict, "name"));
    console.ask(set(true)).await.unwrap();
    let row = users(&mut console).await.users.into_iter().find(|user| user.name == "link").unwrap();
    assert_eq!(row.credentials.len(), 1);
    assert_eq!(row.credentials[0].iterations, 4096);

    let delete = Request::DeleteUser { cluster: one(), user: "link".into(), mechanism: None };
    console.ask(delete.clone()).await.unwrap();
    assert_eq!(console.ask(delete).await.unwrap_err().code, ErrorCode::NotFound);
    let said = format!("{:?}", activity(&mut console, "delete user 'link'").await);
    for action in ["create user 'link'", "rotate the password of user 'link'"] {
        assert!(said.contains(action), "{said}");
    }
    assert!(!said.contains(PASSWORD), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acls_are_found_by_whom_and_what_they_are_about() {
    let (_cluster, app) = secured().await;
    let mut console = Console::open(&app).await;
    let wide = Acl { pattern: AclPattern::Prefixed, ..read("ord") };
    let everybody = Acl { principal: "User:*".into(), ..read("orders") };
    let other = Acl { principal: "User:other".into(), ..read("payments") };
    let all = vec![read("orders"), wide.clone(), everybody.clone(), other.clone()];
    let create = Request::CreateAcls { cluster: one(), acls: all.clone() };
    match console.ask(create).await.unwrap() {
        Response::AclResults(rows) => assert!(rows.iter().all(|row| row.error.is_none())),
        other => panic!("unexpected {other:?}"),
    }
    let view = acls(&mut console, AclSelection::default()).await;
    assert_eq!((view.has_authorizer, view.total), (true, 4));
    assert_eq!(view.gateway.as_deref(), Some("User:admin"));
    let of = |principal: &str| AclSelection {
        principal: Some(principal.into()),
        ..AclSelection::default()
    };
    let others = acls(&mut console, of("User:other")).await.acls;
    assert_eq!(others, [everybody, other.clone()]);
    let about = AclSelection {
        resource: Some(AclResource::Topic),
        name: Some("orders".into()),
        principal: None,
    };
    let about = acls(&mut console, about).await.acls;
    assert!(about.contains(&wide) && !about.contains(&other), "{about:?}");

    let delete = Request::DeleteAcls { cluster: one(), acls: vec![wide, other] };
    console.ask(delete).await.unwrap();
    assert_eq!(acls(&mut console, AclSelection::default()).await.total, 2);
    let said = activity(&mut console, "delete 2 ACLs").await;
    let created = said.iter().find(|entry| entry.action == "create 4 ACLs").unwrap();
    let after = created.after.as_deref().unwrap();
    assert!(after.contains("ALLOW User:link READ on TOPIC ord (PREFIXED)"), "{after}");

    let typo = Acl { principal: "link".into(), ..read("orders") };
    let refused = console.ask(Request::CreateAcls { cluster: one(), acls: vec![typo] }).await;
    assert_eq!(refused.unwrap_err().fields[0].field, "principal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_authorizer_says_so() {
    let cluster = embedded(EmbeddedSpec::new("cluster-1")).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    let view = acls(&mut console, AclSelection::default()).await;
    assert_eq!((view.has_authorizer, view.total), (false, 0));
    let create = Request::CreateAcls { cluster: one(), acls: vec![read("orders")] };
    let refused = console.ask(create).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unsupported);
    assert!(refused.remedy.unwrap().contains("authorizer.class.name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_has_the_public_shapes_of_acls() {
    let (_cluster, app) = secured().await;
    let acl = |topic: &str| {
        json!({
            "resource_type": "TOPIC", "resource_name": topic, "pattern_type": "PREFIXED",
            "principal": "User:alice", "host": "*", "operation": "READ", "permission": "ALLOW",
        })
    };
    let path = format!("{CLUSTER}/acls");
    let created = ask(&app, "POST", &path, &acl("topic-").to_string()).await;
    assert_eq!((created.status, &*created.body), (201, ""));
    assert!(created.headers.contains("principal=user%3aalice"), "{}", created.headers);
    let many = json!({"data": [acl("a"), acl("b")]}).to_string();
    let many = ask(&app, "POST", &format!("{CLUSTER}/acls:batch"), &many).await;
    assert_eq!(many.status, 201, "{}", many.body);

    let search = format!("{path}?principal=User:alice&resource_name=topic-");
    let found = ask(&app, "GET", &search, "").await.json();
    check("acls", found.clone(), &[(&app.address().to_string(), "HOST:PORT")]);
    let own = found["data"][0]["metadata"]["self"].as_str().unwrap();
    let own = own.split_once("/kafka").unwrap().1;
    let same = ask(&app, "GET", &format!("/kafka{own}"), "").await.json();
    assert_eq!(same["data"], found["data"], "its address finds it alone");
    let search = format!("{path}?resource_type=topic&pattern_type=MATCH&resource_name=abc");
    let all = ask(&app, "GET", &search, "").await;
    assert_eq!(all.json()["data"].as_array().unwrap().len(), 1);

    let vague = ask(&app, "DELETE", &format!("{path}?resource_type=TOPIC"), "").await;
    let (status, code, words) = error(&vague);
    assert_eq!((status, code), (400, 40002), "{words}");
    assert!(words.contains("pattern_type must be given"), "{words}");
    let gone = "resource_type=TOPIC&pattern_type=PREFIXED&operation=ANY&permission=ANY";
    let gone = ask(&app, "DELETE", &format!("{path}?{gone}&resource_name=topic-"), "").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    check("acls_deleted", gone.json(), &[(&app.address().to_string(), "HOST:PORT")]);
    let left = ask(&app, "GET", &path, "").await.json();
    assert_eq!(left["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_refuses_acls_that_make_no_sense() {
    let (_cluster, app) = secured().await;
    let refused = async |change: (&str, &str), words: &str| {
        let mut acl = json!({
            "resource_type": "TOPIC", "resource_name": "t", "pattern_type": "LITERAL",
            "principal": "User:alice", "host": "*", "operation": "READ", "permission": "ALLOW",
        });
        acl[change.0] = json!(change.1);
        let answer = ask(&app, "POST", &format!("{CLUSTER}/acls"), &acl.to_string()).await;
        let (status, code, message) = error(&answer);
        assert_eq!((status, code), (400, 40002), "{message}");
        assert!(message.contains(words), "{message}");
    };
    refused(("resource_type", "TABLE"), "no resource_type").await;
    refused(("pattern_type", "MATCH"), "words of searches").await;
    refused(("operation", "CLUSTER_ACTION"), "means nothing on TOPIC").await;
    refused(("principal", "alice"), "User:alice").await;
    refused(("host", "broker.example"), "no IP address").await;
}

#[tokio::test]
async fn rest_tells_that_there_is_no_authorizer() {
    let (_cluster, app) = running().await;
    let (status, code, words) = error(&ask(&app, "GET", &format!("{CLUSTER}/acls"), "").await);
    assert_eq!((status, code), (400, 40035), "{words}");
    assert!(words.contains("authorizer.class.name"), "{words}");
}
