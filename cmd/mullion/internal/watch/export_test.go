package watch

var Explain = explain
