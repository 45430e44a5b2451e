//! One module per page. Pages know the routes and the domain, and hold no logic.
