//! The methods of a path. One that changes something cannot be added without saying which action it is, so that
//! none passes the configuration's guards by.

use std::{future::Future, pin::Pin};

use axum::{
    extract::{FromRequestParts, Request},
    handler::Handler,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{self, MethodFilter, MethodRouter},
};
use drawbridge_shared::guard::Action;
use tracing::Instrument;

use super::{RestError, extract::Target};
use crate::{
    activity::{as_whom, who},
    guard::{self, About, Needs},
    links::Links,
};

/// What a method changes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Changes {
    /// This.
    Does(Action),
    /// It depends on the body: the handler asks [`Target::allow`].
    Depends,
    /// Nothing.
    Nothing,
}

/// What answers at a path.
pub(super) struct Methods(MethodRouter<Links>);

/// A path that is read.
pub(super) fn get<H: Handler<T, Links>, T: 'static>(handler: H) -> Methods {
    Methods(routing::get(handler))
}

/// A path that takes orders.
pub(super) fn post<H: Handler<T, Links>, T: 'static>(changes: Changes, handler: H) -> Methods {
    Methods(MethodRouter::new()).post(changes, handler)
}

/// A path that is changed.
pub(super) fn put<H: Handler<T, Links>, T: 'static>(changes: Changes, handler: H) -> Methods {
    Methods(MethodRouter::new()).put(changes, handler)
}

macro_rules! method {
    ($name:ident, $method:ident) => {
        pub(super) fn $name<H, T>(self, changes: Changes, handler: H) -> Self
        where
            H: Handler<T, Links>,
            T: 'static,
        {
            let guarded = Guarded { changes, handler };
            Self(self.0.on::<_, (Through, T)>(MethodFilter::$method, guarded))
        }
    };
}

impl Methods {
    method!(post, POST);
    method!(put, PUT);
    method!(patch, PATCH);
    method!(delete, DELETE);

    /// For the router.
    pub(super) fn into_router(self) -> MethodRouter<Links> {
        self.0
    }
}

/// A handler that is asked only if the action is allowed, and then runs to its end.
#[derive(Clone)]
struct Guarded<H> {
    changes: Changes,
    handler: H,
}

/// Tells the arguments of a guarded handler from those of another one.
struct Through;

impl<H: Handler<T, Links>, T: 'static> Handler<(Through, T), Links> for Guarded<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, links: Links) -> Self::Future {
        let tasks = links.tasks().clone();
        let work = async move {
            let Changes::Does(action) = self.changes else {
                return self.handler.call(request, links).await;
            };
            let (mut parts, body) = request.into_parts();
            let allowed = match Target::from_request_parts(&mut parts, &links).await {
                Ok(target) => target.allow(&[action], About::default()),
                Err(error) => Err(error),
            };
            match allowed {
                Ok(()) => self.handler.call(Request::from_parts(parts, body), links).await,
                Err(error) => error.into_response(),
            }
        };
        // Runs to its end even if the client is gone before: nothing is left half done.
        let running = tasks.spawn("REST request", as_whom(who(), work.in_current_span()));
        Box::pin(async move {
            running.await.unwrap_or_else(|error| {
                tracing::error!(%error, "REST request ended without an answer");
                let words = "the gateway failed to carry out the request; look at its log";
                RestError::plain(StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
            })
        })
    }
}

impl Target {
    /// Lets what would be done on the cluster through, or refuses it with the setting that denies it.
    pub(super) fn allow(&self, actions: &[Action], about: About<'_>) -> Result<(), RestError> {
        let needs = Needs::On(&self.cluster.spec().name, actions.to_vec(), about);
        Ok(guard::admit(&self.clusters, needs)?)
    }
}
