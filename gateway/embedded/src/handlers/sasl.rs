//! SaslHandshake and SaslAuthenticate.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::text;
use crate::scram::{self, Exchange, Mechanism};
use crate::session::{Session, Standing};

pub(crate) fn handshake(
    session: &mut Session,
    request: &SaslHandshakeRequest,
) -> SaslHandshakeResponse {
    let offered = session.shared.lock().spec.security.sasl.clone();
    let mut out = SaslHandshakeResponse::default()
        .with_mechanisms(offered.iter().map(|m| text(m.name())).collect());
    match Mechanism::from_name(&request.mechanism).filter(|m| offered.contains(m)) {
        Some(mechanism) => session.standing = Standing::Agreed(mechanism),
        None if offered.is_empty() => out.error_code = Code::IllegalSaslState.code(),
        None => out.error_code = Code::UnsupportedSaslMechanism.code(),
    }
    out
}

/// Takes one step. False means refused: the connection is closed after the answer.
pub(crate) fn authenticate(
    session: &mut Session,
    request: &SaslAuthenticateRequest,
    version: i16,
) -> (SaslAuthenticateResponse, bool) {
    let out = SaslAuthenticateResponse::default();
    let standing = std::mem::replace(&mut session.standing, Standing::Stranger);
    let step = match standing {
        Standing::Agreed(Mechanism::Plain) => plain(session, &request.auth_bytes),
        Standing::Agreed(mechanism) => scram_first(session, mechanism, &request.auth_bytes),
        Standing::Challenged(exchange) => scram_final(session, *exchange, &request.auth_bytes),
        Standing::Admitted | Standing::Stranger => {
            let out = out
                .with_error_code(Code::IllegalSaslState.code())
                .with_error_message(Some(text("a SASL handshake has to come first")));
            return (out, false);
        }
    };
    match step {
        Some(bytes) => {
            let lifetime = session.shared.lock().spec.security.reauthentication_ms;
            let done = matches!(session.standing, Standing::Admitted);
            let mut out = out.with_auth_bytes(bytes);
            if let (true, Ok(ms @ 1..)) = (done, u64::try_from(lifetime)) {
                session.expires = Some(Instant::now() + Duration::from_millis(ms));
                if version >= 1 {
                    out.session_lifetime_ms = lifetime;
                }
            }
            (out, true)
        }
        None => {
            let message =
                "Authentication failed: unknown user, wrong password or malformed message";
            let out = out
                .with_error_code(Code::SaslAuthenticationFailed.code())
                .with_error_message(Some(text(message)));
            (out, false)
        }
    }
}

fn refused_by_fault(session: &Session) -> bool {
    session.shared.plan().fail_authentication
}

fn admit(session: &mut Session, user: &str) {
    session.principal = Arc::from(format!("User:{user}"));
    session.standing = Standing::Admitted;
}

/// RFC 4616: authorization id, user, password, separated by NUL.
fn plain(session: &mut Session, bytes: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.split('\0');
    let (authorization, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    let as_self = authorization.is_empty() || authorization == user;
    let known = session.shared.lock().users.get(user).and_then(|u| u.password.clone());
    let right = known.is_some_and(|k| k == password) && parts.next().is_none() && as_self;
    if !right || refused_by_fault(session) {
        return None;
    }
    admit(session, user);
    Some(Bytes::new())
}

fn scram_first(session: &mut Session, mechanism: Mechanism, bytes: &Bytes) -> Option<Bytes> {
    let user = scram::user_of(bytes)?;
    let credential =
        session.shared.lock().users.get(&user).and_then(|u| u.scram.get(&mechanism).cloned())?;
    let nonce = Uuid::new_v4().simple().to_string();
    let (exchange, reply) = Exchange::begin(mechanism, bytes, credential, &nonce)?;
    session.standing = Standing::Challenged(Box::new(exchange));
    Some(Bytes::from(reply))
}

fn scram_final(session: &mut Session, exchange: Exchange, bytes: &Bytes) -> Option<Bytes> {
    let user = exchange.user.clone();
    let reply = exchange.finish(bytes)?;
    if refused_by_fault(session) {
        return None;
    }
    admit(session, &user);
    Some(Bytes::from(reply))
}
