//! Users and ACLs over the WebSocket, and what Kafka made of it; what somebody without rights is told.

use anyhow::{Context, Result, bail, ensure};
use drawbridge_kafka::{Client, ConnectionSettings, Properties};
use drawbridge_shared::{
    access::{Acl, AclOperation, AclPattern, AclResource, AclSelection, ScramMechanism, UserDraft},
    view::{AclsView, UsersView},
    wire::{ErrorCode, Request, Response, WireError},
};
use drawbridge_tests::bed::{Cluster, Door, Kafka, gallery, unique};

use super::{bed, console::Console, gateway, over_gallery};
use crate::support::{Version, eventually};

on_each_version!(
    a_user_logs_in_with_its_newest_password_and_not_once_it_is_deleted,
    acls_are_created_found_and_deleted,
    somebody_without_rights_is_told_which_are_missing,
    a_cluster_without_authorizer_and_without_scram_says_so,
);

fn draft(name: &str, password: &str) -> UserDraft {
    UserDraft {
        name: name.to_owned(),
        mechanism: ScramMechanism::Sha512,
        iterations: String::new(),
        password: password.to_owned(),
    }
}

fn set(name: &str, password: &str, replace: bool) -> Request {
    Request::SetUser { cluster: bed(), draft: draft(name, password), replace }
}

fn read(user: &str, topic: &str) -> Acl {
    let (literal, read) = (AclPattern::Literal, AclOperation::Read);
    Acl::allow(&format!("User:{user}"), AclResource::Topic, literal, topic, read)
}

/// Whether the cluster lets a user in.
async fn logs_in(cluster: &Cluster, user: &str, password: &str) -> Result<bool> {
    let text = format!(
        "bootstrap.servers={}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{user}\" password=\"{password}\";\n",
        cluster.bootstrap_of(Door::Scram)
    );
    let settings = ConnectionSettings::from_properties(&Properties::parse(&text, "user")?);
    let client = Client::new(settings.ok().context("valid settings")?)?;
    let answered = client.describe_cluster().await;
    client.close().await;
    Ok(answered.is_ok())
}

async fn becomes(cluster: &Cluster, user: &str, password: &str, wanted: bool) -> Result<()> {
    let what = format!("the login of {user} is taken: {wanted}");
    eventually(
        &what,
        async || Ok((logs_in(cluster, user, password).await? == wanted).then_some(())),
    )
    .await
}

async fn users(console: &mut Console) -> Result<UsersView> {
    match console.ask(Request::Users { cluster: bed() }).await? {
        Ok(Response::Users(view)) => Ok(view),
        other => bail!("unexpected {other:?}"),
    }
}

async fn acls(console: &mut Console, selection: AclSelection) -> Result<AclsView> {
    match console.ask(Request::Acls { cluster: bed(), selection }).await? {
        Ok(Response::Acls(view)) => Ok(*view),
        other => bail!("unexpected {other:?}"),
    }
}

async fn a_user_logs_in_with_its_newest_password_and_not_once_it_is_deleted(
    version: Version,
) -> Result<()> {
    let cluster = gallery(version).await?;
    let (app, _) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let user = unique("made");
    ensure!(console.ask(set(&user, "first", false)).await?.is_ok());
    becomes(cluster, &user, "first", true).await?;
    let again = console.ask(set(&user, "other", false)).await?.unwrap_err();
    assert_eq!(again.code, ErrorCode::Conflict, "{again:?}");

    ensure!(console.ask(set(&user, "second", true)).await?.is_ok());
    becomes(cluster, &user, "second", true).await?;
    becomes(cluster, &user, "first", false).await?;
    let view = users(&mut console).await?;
    let row = view.users.iter().find(|row| row.name == user).context("the user is listed")?;
    assert_eq!(row.credentials[0].iterations, 8192);
    assert_eq!(view.offered, Some(vec![ScramMechanism::Sha512, ScramMechanism::Sha256]));
    assert_eq!(view.gateway.as_deref(), Some("User:admin"));

    let delete = Request::DeleteUser { cluster: bed(), user: user.clone(), mechanism: None };
    ensure!(console.ask(delete.clone()).await?.is_ok());
    becomes(cluster, &user, "second", false).await?;
    let gone = eventually("the user is gone", async || {
        let seen = console.ask(delete.clone()).await?;
        Ok(seen.err().filter(|refused| refused.code == ErrorCode::NotFound))
    });
    gone.await.map(|_: WireError| ())
}

async fn acls_are_created_found_and_deleted(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let (user, topic) = (unique("somebody"), unique("orders"));
    let wide = Acl { pattern: AclPattern::Prefixed, ..read(&user, "or") };
    let all = vec![read(&user, &topic), wide];
    let create = Request::CreateAcls { cluster: bed(), acls: all.clone() };
    ensure!(console.ask(create.clone()).await?.is_ok());
    ensure!(console.ask(create).await?.is_ok(), "once more changes nothing");
    let of = |name: Option<&str>| AclSelection {
        principal: Some(format!("User:{user}")),
        resource: Some(AclResource::Topic),
        name: name.map(str::to_owned),
    };
    for name in [None, Some(&*topic)] {
        let found = eventually("the ACLs are found", async || {
            let found = acls(&mut console, of(name)).await?;
            let mine = found.acls.iter().filter(|acl| acl.principal.ends_with(&user)).count();
            Ok((mine == all.len()).then_some(found))
        });
        assert!(found.await?.has_authorizer);
    }
    let delete = Request::DeleteAcls { cluster: bed(), acls: all };
    ensure!(console.ask(delete).await?.is_ok());
    eventually("the ACLs are gone", async || {
        let found = acls(&mut console, of(None)).await?.acls;
        Ok((!found.iter().any(|acl| acl.principal.ends_with(&user))).then_some(()))
    })
    .await
}

async fn somebody_without_rights_is_told_which_are_missing(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "alice").await?;
    let mut console = Console::open(&app).await?;
    let user = || "nobody".to_owned();
    let all = [
        (Request::Users { cluster: bed() }, "DESCRIBE"),
        (set("nobody", "p", false), "DESCRIBE"),
        (Request::DeleteUser { cluster: bed(), user: user(), mechanism: None }, "DESCRIBE"),
        (Request::Acls { cluster: bed(), selection: AclSelection::default() }, "DESCRIBE"),
        (Request::CreateAcls { cluster: bed(), acls: vec![read("nobody", "t")] }, "ALTER"),
        (Request::DeleteAcls { cluster: bed(), acls: vec![read("nobody", "t")] }, "ALTER"),
    ];
    for (request, operation) in all {
        let refused = console.ask(request.clone()).await?.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Denied, "{request:?}: {refused:?}");
        let remedy = refused.remedy.unwrap_or_default();
        let wanted = format!("Grant the principal {operation} on the cluster");
        ensure!(remedy.contains(&wanted), "{request:?}: {remedy}");
    }
    Ok(())
}

async fn a_cluster_without_authorizer_and_without_scram_says_so(version: Version) -> Result<()> {
    let cluster = Kafka::plain(version).start().await?;
    let app = gateway(&cluster.properties("admin")).await?;
    let mut console = Console::open(&app).await?;
    let view = eventually("the cluster answers", async || {
        let answer = console.ask(Request::Users { cluster: bed() }).await?;
        Ok(match answer {
            Ok(Response::Users(view)) => Some(view),
            _ => None,
        })
    });
    assert_eq!(view.await?.offered, Some(Vec::new()), "no listener offers SCRAM");
    assert!(!acls(&mut console, AclSelection::default()).await?.has_authorizer);
    let create = Request::CreateAcls { cluster: bed(), acls: vec![read("a", "t")] };
    let refused = console.ask(create).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unsupported, "{refused:?}");
    ensure!(refused.remedy.unwrap_or_default().contains("authorizer.class.name"));
    Ok(())
}
