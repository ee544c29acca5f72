//! The web server as browsers meet it: over a real store, through every layer.

mod access;
mod desk;
mod login;
mod office;
mod pages;
