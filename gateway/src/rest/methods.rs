//! The methods of a path. One that changes something cannot be added without saying which action it is, so that
//! none passes the configuration's guards by.

use std::{future::Future, pin::Pin};

use axum::{
    extract::{FromRequestParts, Request},
    handler::Handler,
    response::{IntoResponse, Response},
    routing::{self, MethodFilter, MethodRouter},
};
use drawbridge_shared::guard::Action;

use super::{RestError, extract::Target};
use crate::{
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

/// A handler that is asked only if the action is allowed.
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
        Box::pin(async move {
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
