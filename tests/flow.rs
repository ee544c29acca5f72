//! The whole way as its users walk it: the built program, real files, real servers on loopback, both databases.

mod flow {
    mod corpus;
    mod feeds;
    mod kills;
    mod mistakes;
    mod sheets;
    mod support;
}
