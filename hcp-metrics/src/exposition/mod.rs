//! Text expositions: what they mean, and a streaming filter.
