"""Numbers at a point, or at an array of points, and what uncertain inputs make of them."""
