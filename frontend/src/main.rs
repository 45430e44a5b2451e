//! Entry point of the console in the browser.

fn main() {
    drawbridge_frontend::start();
}
