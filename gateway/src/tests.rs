//! The gateway as its clients meet it: on a real listener, over embedded clusters.

mod access;
mod activity;
mod brokers;
mod browse;
pub(crate) mod golden;
mod groups;
mod guards;
mod hostile;
mod links;
mod membership;
mod openapi;
mod produce;
mod protocol;
mod registry;
mod rest;
mod rest_links;
mod support;
mod transfer;
mod verify;
mod watcher;
mod websocket;
