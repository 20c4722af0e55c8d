package desktop

// ParseRequest reads what a second start asks for.
var ParseRequest = parseRequest
