//! The drawing, with zoom and pan.
//!
//! Panning is the browser's own scrolling, so that wheel, touch, arrow keys and the focus of what is out of
//! view work as everywhere; zooming scales the stage.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::{World, parts};
use crate::model::topology::Graph;
use crate::model::topology::layout::{Layout, layout};
use crate::ui::{Button, ButtonKind};

const FACTOR: f64 = 1.25;
const SMALLEST: f64 = 0.05;
/// What is smaller than this cannot be read: names and lines alone are drawn instead.
const READABLE: f64 = 0.6;
const LARGEST: f64 = 3.0;
/// Wider drawings would part what belongs together.
const WIDEST: i32 = 1_320;

/// The part of the drawing that is seen.
#[derive(Clone, Copy)]
struct Eye {
    frame: NodeRef<html::Div>,
    zoom: RwSignal<f64>,
    width: RwSignal<i32>,
    /// The height that all is drawn in, while only names and lines are.
    overview: RwSignal<Option<i32>>,
    /// Where the mouse took hold, and how far it was scrolled then.
    grip: StoredValue<Option<(i32, i32, i32, i32)>>,
}

impl Eye {
    fn new() -> Self {
        Self {
            frame: NodeRef::new(),
            zoom: RwSignal::new(1.0),
            width: RwSignal::new(0),
            overview: RwSignal::new(None),
            grip: StoredValue::new(None),
        }
    }

    /// Keeps the width in step with the room there is.
    fn watch(self) {
        let watching = StoredValue::new_local(None::<(web_sys::ResizeObserver, Closure<dyn Fn()>)>);
        Effect::new(move |_| {
            let Some(frame) = self.frame.get() else { return };
            let measured = frame.clone();
            let measure = move || {
                // Steps keep the drawing from being made anew for every pixel of a window that is resized.
                let width = (measured.client_width() - 16).min(WIDEST) / 8 * 8;
                if self.width.try_get_untracked().is_some_and(|now| now != width) {
                    self.width.set(width);
                }
            };
            measure();
            let closure: Closure<dyn Fn()> = Closure::new(measure);
            if let Ok(observer) = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()) {
                observer.observe(&frame);
                watching.set_value(Some((observer, closure)));
            }
        });
        on_cleanup(move || {
            watching.try_with_value(|watching| {
                if let Some((observer, _)) = watching {
                    observer.disconnect();
                }
            });
        });
    }

    /// Zooms and keeps the middle of what is seen in its place.
    fn zoom_to(self, zoom: f64) {
        let zoom = zoom.clamp(SMALLEST, LARGEST);
        let by = zoom / self.zoom.get_untracked();
        self.zoom.set(zoom);
        let Some(frame) = self.frame.get_untracked() else { return };
        let moved = |scrolled: i32, seen: i32| {
            let half = f64::from(seen) / 2.0;
            whole((f64::from(scrolled) + half) * by - half)
        };
        let left = moved(frame.scroll_left(), frame.client_width());
        let top = moved(frame.scroll_top(), frame.client_height());
        // A frame later the stage has its new size.
        request_animation_frame(move || {
            frame.set_scroll_left(left);
            frame.set_scroll_top(top);
        });
    }

    fn zoom_by(self, factor: f64) {
        self.zoom_to(self.zoom.get_untracked() * factor);
    }

    /// Shows all of the drawing, or the other way round all of what is written on it.
    fn fit(self, graph: &Graph) {
        let Some(frame) = self.frame.get_untracked() else { return };
        // A frame that is as high as its drawing, as on small screens, is not seen whole.
        let screen = window().inner_height().ok().and_then(|height| height.as_f64());
        let screen = screen.map_or(i32::MAX, |height| whole(height * 0.75));
        let (width, seen) = (self.width.get_untracked(), frame.client_height().min(screen) - 24);
        let all = |overview| {
            let height = layout(graph, width, overview).height;
            (f64::from(seen) / f64::from(height.max(1))).min(1.0)
        };
        let (is_overview, fits) = (self.overview.read_untracked().is_some(), all(None));
        if is_overview || (self.zoom.get_untracked() - fits).abs() < 0.01 {
            self.overview.set(None);
            self.zoom_to(1.0);
        } else if fits >= READABLE {
            self.zoom_to(fits);
        } else {
            self.overview.set(Some(seen));
            self.zoom_to(all(Some(seen)));
        }
    }

    fn grab(self, event: &ev::PointerEvent) {
        let on = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let is_free = on.is_some_and(|on| on.closest("a, .line").ok().flatten().is_none());
        let Some(frame) = self.frame.get_untracked() else { return };
        if event.pointer_type() == "mouse" && event.button() == 0 && is_free {
            // Without the capture a drag ends at the frame's edge, which is no harm.
            frame.set_pointer_capture(event.pointer_id()).ok();
            let at = (event.client_x(), event.client_y());
            self.grip.set_value(Some((at.0, at.1, frame.scroll_left(), frame.scroll_top())));
        }
    }

    fn drag(self, event: &ev::PointerEvent) {
        if let Some(((x, y, left, top), frame)) =
            self.grip.get_value().zip(self.frame.get_untracked())
        {
            frame.set_scroll_left(left - (event.client_x() - x));
            frame.set_scroll_top(top - (event.client_y() - y));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "pixels on a screen; `as` saturates")]
fn whole(pixels: f64) -> i32 {
    pixels.round() as i32
}

/// The drawing.
#[component]
pub(super) fn Map(world: World) -> impl IntoView {
    let eye = Eye::new();
    eye.watch();
    let drawn =
        Memo::new(move |_| layout(&world.graph.read(), eye.width.get(), eye.overview.get()));
    // What needs somebody most is in view from the start.
    Effect::new(move |is_done: Option<bool>| {
        if is_done == Some(true) {
            return true;
        }
        let (frame, drawn) = (eye.frame.get(), drawn.read());
        let Some((frame, y)) =
            frame.zip(worst_link(world).and_then(|at| drawn.lines.get(at)).map(|line| line.card.y))
        else {
            return false;
        };
        request_animation_frame(move || frame.set_scroll_top(y - frame.client_height() / 2));
        true
    });
    let fit = move || eye.fit(&world.graph.read_untracked());
    let keydown = move |event: ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        match event.key().as_str() {
            "+" | "=" => eye.zoom_by(FACTOR),
            "-" => eye.zoom_by(1.0 / FACTOR),
            "0" => fit(),
            _ => return,
        }
        event.prevent_default();
    };
    let wheel = move |event: ev::WheelEvent| {
        // Pinching a touchpad comes as a wheel with Ctrl.
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            eye.zoom_by((-event.delta_y() / 300.0).clamp(-0.4, 0.4).exp());
        }
    };
    let size = move || {
        let (drawn, zoom) = (drawn.read(), eye.zoom.get());
        let of = |pixels: i32| whole(f64::from(pixels) * zoom);
        format!("width:{}px;height:{}px", of(drawn.width), of(drawn.height))
    };
    let stage = move || {
        let drawn = drawn.read();
        let (width, height) = (drawn.width, drawn.height);
        // In thousandths: writing a float would put its digit tables into the first download.
        let zoom = whole(eye.zoom.get() * 1_000.0);
        format!("width:{width}px;height:{height}px;transform:scale(calc({zoom}/1000))")
    };
    let percent = move || format!("{} %", whole(eye.zoom.get() * 100.0));
    view! {
        <section class="panel map" aria-label="Map">
            <div
                class="map-frame"
                node_ref=eye.frame
                tabindex="0"
                role="group"
                aria-label="Clusters and links. Plus and minus zoom, 0 shows all, arrow keys move."
                on:keydown=keydown
                on:wheel=wheel
                on:pointerdown=move |event| eye.grab(&event)
                on:pointermove=move |event| eye.drag(&event)
                on:pointerup=move |_| eye.grip.set_value(None)
                on:pointercancel=move |_| eye.grip.set_value(None)
            >
                <div class="map-size" style=size>
                    <div class="map-stage" style=stage>
                        {move || (eye.width.get() > 0).then(|| view! { <Stage world drawn /> })}
                    </div>
                </div>
            </div>
            <footer class="map-foot">
                <span class="map-legend muted">
                    <span>
                        <svg viewBox="-9 -9 18 18" class="legend-socket" aria-hidden="true">
                            <circle r="8"></circle>
                            <path d="M-3-2v4M3-2v4M-3 0h6"></path>
                        </svg>
                        "dials"
                    </span>
                    <span><i class="legend-wall"></i> "firewall of the side that dials"</span>
                    <span><i class="legend-flow"></i> "data moves"</span>
                    <span><i class="legend-flow legend-rest"></i> "at rest"</span>
                </span>
                <span class="map-tools">
                    <Button kind=ButtonKind::Quiet label="Zoom out" on_click=move |()| eye.zoom_by(1.0 / FACTOR)>"−"</Button>
                    <span class="num muted map-zoom">{percent}</span>
                    <Button kind=ButtonKind::Quiet label="Zoom in" on_click=move |()| eye.zoom_by(FACTOR)>"+"</Button>
                    <Button kind=ButtonKind::Quiet label="Fit all into view" on_click=move |()| fit()>"Fit"</Button>
                </span>
            </footer>
        </section>
    }
}

/// Which link is worst.
fn worst_link(world: World) -> Option<usize> {
    let worst = world.worst.get_untracked()?;
    world.graph.read_untracked().edges.iter().position(|edge| edge.key == worst)
}

/// All that is drawn; made anew when a cluster or a link comes or goes, not when numbers change.
#[component]
fn Stage(world: World, drawn: Memo<Layout>) -> impl IntoView {
    move || {
        let graph = world.graph.get();
        let drawn = drawn.get();
        let dense = drawn.is_dense;
        let socket = match (dense, drawn.is_narrow) {
            (true, _) => "0.5",
            (false, true) => "0.65",
            (false, false) => "1",
        };
        let sites = || graph.nodes.iter().zip(&drawn.sites).enumerate();
        let grounds = sites().map(|(at, (node, site))| parts::ground(world, at, node, site, dense));
        let nodes = sites().map(|(at, (node, site))| {
            parts::node(world, at, node.clone(), site.node, drawn.is_narrow)
        });
        let links = || graph.edges.iter().zip(&drawn.lines);
        let lines = links().map(|(edge, line)| parts::line(world, edge, line.clone(), socket));
        let cards = links()
            .filter(|_| !drawn.is_overview)
            .map(|(edge, line)| parts::card(world, edge.clone(), line.card, dense));
        let many = if drawn.lines.len() > 40 { "map-lines map-lines--many" } else { "map-lines" };
        view! {
            <div
                class="map-all"
                class:map-all--narrow=drawn.is_narrow
                class:map-all--overview=drawn.is_overview
                class:map-all--hot=move || !world.hot.read().is_empty()
            >
                {grounds.collect_view()}
                <svg class=many width=drawn.width height=drawn.height aria-hidden="true">
                    {lines.collect_view()}
                </svg>
                {nodes.collect_view()}
                {cards.collect_view()}
            </div>
        }
    }
}
