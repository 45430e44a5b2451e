//! Records of a retailer.

use bytes::Bytes;
use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};

use crate::batch::Record;

/// What kind of record a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Order,
    Payment,
    Stock,
    PageView,
    Customer,
    Shipment,
    Price,
    Return,
    Click,
    Telemetry,
    FraudScore,
    Recommendation,
}

const STORES: [&str; 6] =
    ["berlin-mitte", "hamburg-hafen", "münchen-ost", "wien-1", "zürich-hb", "online"];
const SKUS: [&str; 8] =
    ["KETTLE-17", "LAMP-02", "DESK-140", "CHAIR-A9", "MUG-BLUE", "RUG-XL", "SHELF-3", "CLOCK-R"];
const PAGES: [&str; 6] = ["/", "/search", "/p/kettle-17", "/p/desk-140", "/basket", "/checkout"];
const CARRIERS: [&str; 3] = ["DHL", "DPD", "GLS"];
const NAMES: [&str; 8] = ["Ada", "Bruno", "Chiara", "Deniz", "Elif", "Femi", "Grete", "Hakan"];

fn pick<'a>(rng: &mut StdRng, list: &[&'a str]) -> &'a str {
    list.get(rng.random_range(0..list.len().max(1))).copied().unwrap_or_default()
}

/// One record of the shape; `at` is its time in milliseconds since 1970.
pub(super) fn record(shape: Shape, number: u64, at: i64, rng: &mut StdRng) -> Record {
    let (key, value) = content(shape, number, at, rng);
    let body = if value.is_null() { None } else { Some(Bytes::from(value.to_string())) };
    let trace: u64 = rng.random();
    Record { key: Some(Bytes::from(key)), value: body, headers: Vec::new(), timestamp: Some(at) }
        .header("trace-id", format!("{trace:016x}"))
        .header("content-type", "application/json")
        .header("source", source(shape))
}

fn source(shape: Shape) -> &'static str {
    match shape {
        Shape::Order | Shape::Return => "web-shop",
        Shape::Payment => "payment-service",
        Shape::Stock | Shape::Shipment | Shape::Telemetry => "warehouse",
        Shape::Customer => "crm",
        Shape::Price => "pricing",
        Shape::PageView | Shape::Click => "edge",
        Shape::FraudScore | Shape::Recommendation => "ml-platform",
    }
}

fn content(shape: Shape, number: u64, at: i64, rng: &mut StdRng) -> (String, Value) {
    let order = format!("O-{}", 700_000 + number);
    let customer = format!("C-{}", 1_000 + rng.random_range(0..900));
    let sku = pick(rng, &SKUS);
    let cents: i64 = rng.random_range(499..49_900);
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    match shape {
        Shape::Order => {
            let quantity = rng.random_range(1..5);
            let value = json!({
                "orderId": order, "customerId": customer, "store": pick(rng, &STORES),
                "lines": [{"sku": sku, "quantity": quantity, "unitPrice": amount}],
                "currency": "EUR", "placedAt": at,
            });
            (order, value)
        }
        Shape::Payment => {
            let method = pick(rng, &["card", "paypal", "invoice", "gift-card"]);
            let state = if rng.random_bool(0.97) { "AUTHORISED" } else { "DECLINED" };
            let value = json!({"paymentId": format!("P-{number}"), "orderId": order,
                "amount": amount, "currency": "EUR", "method": method, "state": state, "at": at});
            (order, value)
        }
        Shape::Stock => {
            let delta: i64 = rng.random_range(-4..9);
            let place = pick(rng, &STORES);
            (
                format!("{place}/{sku}"),
                json!({"sku": sku, "store": place, "delta": delta, "at": at}),
            )
        }
        Shape::PageView => {
            let value = json!({"page": pick(rng, &PAGES), "visitor": customer,
                "ms": rng.random_range(20..900), "at": at});
            (customer, value)
        }
        // Some customers ask to be forgotten.
        Shape::Customer if rng.random_bool(0.02) => (customer, Value::Null),
        Shape::Customer => {
            let name = pick(rng, &NAMES);
            let value = json!({"customerId": customer, "name": name,
                "email": format!("{}@example.org", name.to_lowercase()),
                "newsletter": rng.random_bool(0.4), "changedAt": at});
            (customer, value)
        }
        Shape::Shipment => {
            let value = json!({"shipmentId": format!("S-{number}"), "orderId": order,
                "carrier": pick(rng, &CARRIERS), "parcels": rng.random_range(1..4), "at": at});
            (format!("S-{number}"), value)
        }
        Shape::Price => (sku.to_owned(), json!({"sku": sku, "price": amount, "validFrom": at})),
        Shape::Return => {
            let reason = pick(rng, &["too small", "damaged", "changed my mind", "wrong item"]);
            (order.clone(), json!({"orderId": order, "sku": sku, "reason": reason, "at": at}))
        }
        Shape::Click => {
            let step = pick(rng, &["view", "add-to-basket", "checkout", "pay"]);
            let value = json!({"session": format!("{customer}-{}", number % 7), "step": step,
                "sku": sku, "at": at});
            (customer, value)
        }
        Shape::Telemetry => {
            let belt = format!("belt-{}", rng.random_range(1..9));
            let speed = f64::from(rng.random_range(80_u32..130)) / 100.0;
            (belt.clone(), json!({"belt": belt, "speed": speed, "jam": rng.random_bool(0.003)}))
        }
        Shape::FraudScore => {
            let score = f64::from(rng.random_range(0_u32..1_000)) / 1_000.0;
            (
                order.clone(),
                json!({"orderId": order, "score": score, "model": "gbm-2026-10", "at": at}),
            )
        }
        Shape::Recommendation => {
            let list = [pick(rng, &SKUS), pick(rng, &SKUS), pick(rng, &SKUS)];
            (customer.clone(), json!({"customerId": customer, "skus": list, "at": at}))
        }
    }
}
