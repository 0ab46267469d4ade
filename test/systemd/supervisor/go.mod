module subpathfix.test/supervisor

go 1.23.0
