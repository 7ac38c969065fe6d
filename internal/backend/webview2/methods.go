package webview2

// A method is one of an interface of WebView2: its place in the table of functions, and what it
// takes besides the object, a letter each:
//
//	p pointer or handle   s UTF-16 text     b BOOL (4 bytes)   i number of 32 bits, or an enum
//	l number of 64 bits   d double          r RECT by value
//
// Interfaces that extend another one begin with its methods. TestMethods compares all of this with
// testdata/interfaces.txt, which comes from the bindings of others.
type method struct {
	face   string
	name   string
	slot   uintptr
	params string
}

// The methods that this package calls.
var (
	// Environment.
	createController = method{"ICoreWebView2Environment", "CreateCoreWebView2Controller", 3, "pp"}
	createResponse   = method{"ICoreWebView2Environment", "CreateWebResourceResponse", 4, "pissp"}
	createOptions    = method{"ICoreWebView2Environment10", "CreateCoreWebView2ControllerOptions", 20, "p"}
	createPrivate    = method{"ICoreWebView2Environment10", "CreateCoreWebView2ControllerWithOptions", 21, "ppp"}
	setPrivate       = method{"ICoreWebView2ControllerOptions", "SetIsInPrivateModeEnabled", 6, "b"}
	browserVersion   = method{"ICoreWebView2Environment", "BrowserVersionString", 5, "p"}

	// Controller.
	setVisible      = method{"ICoreWebView2Controller", "SetIsVisible", 4, "b"}
	setBounds       = method{"ICoreWebView2Controller", "SetBounds", 6, "r"}
	setZoom         = method{"ICoreWebView2Controller", "SetZoomFactor", 8, "d"}
	moveFocus       = method{"ICoreWebView2Controller", "MoveFocus", 12, "i"}
	addKeyPressed   = method{"ICoreWebView2Controller", "add_AcceleratorKeyPressed", 19, "pp"}
	setParent       = method{"ICoreWebView2Controller", "SetParentWindow", 22, "p"}
	parentMoved     = method{"ICoreWebView2Controller", "NotifyParentWindowPositionChanged", 23, ""}
	closeController = method{"ICoreWebView2Controller", "Close", 24, ""}
	getCore         = method{"ICoreWebView2Controller", "CoreWebView2", 25, "p"}
	setExternalDrop = method{"ICoreWebView2Controller4", "SetAllowExternalDrop", 37, "b"}
	setBackground   = method{"ICoreWebView2Controller2", "SetDefaultBackgroundColor", 27, "i"}

	// Webview.
	getSettings                = method{"ICoreWebView2", "Settings", 3, "p"}
	getSource                  = method{"ICoreWebView2", "Source", 4, "p"}
	navigate                   = method{"ICoreWebView2", "Navigate", 5, "s"}
	addNavigationStarting      = method{"ICoreWebView2", "add_NavigationStarting", 7, "pp"}
	addContentLoading          = method{"ICoreWebView2", "add_ContentLoading", 9, "pp"}
	addSourceChanged           = method{"ICoreWebView2", "add_SourceChanged", 11, "pp"}
	addHistoryChanged          = method{"ICoreWebView2", "add_HistoryChanged", 13, "pp"}
	addNavigationCompleted     = method{"ICoreWebView2", "add_NavigationCompleted", 15, "pp"}
	addFrameNavigationStarting = method{"ICoreWebView2", "add_FrameNavigationStarting", 17, "pp"}
	addPermissionRequested     = method{"ICoreWebView2", "add_PermissionRequested", 23, "pp"}
	addProcessFailed           = method{"ICoreWebView2", "add_ProcessFailed", 25, "pp"}
	addScript                  = method{"ICoreWebView2", "AddScriptToExecuteOnDocumentCreated", 27, "sp"}
	removeScript               = method{"ICoreWebView2", "RemoveScriptToExecuteOnDocumentCreated", 28, "s"}
	reload                     = method{"ICoreWebView2", "Reload", 31, ""}
	postMessage                = method{"ICoreWebView2", "PostWebMessageAsString", 33, "s"}
	addMessageReceived         = method{"ICoreWebView2", "add_WebMessageReceived", 34, "pp"}
	callDevTools               = method{"ICoreWebView2", "CallDevToolsProtocolMethod", 36, "ssp"}
	canGoBack                  = method{"ICoreWebView2", "CanGoBack", 38, "p"}
	canGoForward               = method{"ICoreWebView2", "CanGoForward", 39, "p"}
	goBack                     = method{"ICoreWebView2", "GoBack", 40, ""}
	goForward                  = method{"ICoreWebView2", "GoForward", 41, ""}
	getEventReceiver           = method{"ICoreWebView2", "GetDevToolsProtocolEventReceiver", 42, "sp"}
	stop                       = method{"ICoreWebView2", "Stop", 43, ""}
	addNewWindowRequested      = method{"ICoreWebView2", "add_NewWindowRequested", 44, "pp"}
	addTitleChanged            = method{"ICoreWebView2", "add_DocumentTitleChanged", 46, "pp"}
	getTitle                   = method{"ICoreWebView2", "DocumentTitle", 48, "p"}
	openDevTools               = method{"ICoreWebView2", "OpenDevToolsWindow", 51, ""}
	addResourceRequested       = method{"ICoreWebView2", "add_WebResourceRequested", 55, "pp"}
	addResourceFilter          = method{"ICoreWebView2", "AddWebResourceRequestedFilter", 57, "si"}
	addCloseRequested          = method{"ICoreWebView2", "add_WindowCloseRequested", 59, "pp"}
	addDownloadStarting        = method{"ICoreWebView2_4", "add_DownloadStarting", 75, "pp"}
	printToPdf                 = method{"ICoreWebView2_7", "PrintToPdf", 80, "spp"}
	getProfile                 = method{"ICoreWebView2_13", "Profile", 105, "p"}
	clearAllData               = method{"ICoreWebView2Profile2", "ClearBrowsingDataAll", 12, "p"}

	addEventReceived = method{"ICoreWebView2DevToolsProtocolEventReceiver", "add_DevToolsProtocolEventReceived", 3, "pp"}

	// Settings.
	setScriptEnabled    = method{"ICoreWebView2Settings", "SetIsScriptEnabled", 4, "b"}
	setMessageEnabled   = method{"ICoreWebView2Settings", "SetIsWebMessageEnabled", 6, "b"}
	setStatusBar        = method{"ICoreWebView2Settings", "SetIsStatusBarEnabled", 10, "b"}
	setDevTools         = method{"ICoreWebView2Settings", "SetAreDevToolsEnabled", 12, "b"}
	setHostObjects      = method{"ICoreWebView2Settings", "SetAreHostObjectsAllowed", 16, "b"}
	setZoomControl      = method{"ICoreWebView2Settings", "SetIsZoomControlEnabled", 18, "b"}
	setErrorPage        = method{"ICoreWebView2Settings", "SetIsBuiltInErrorPageEnabled", 20, "b"}
	setUserAgent        = method{"ICoreWebView2Settings2", "SetUserAgent", 22, "s"}
	setAcceleratorKeys  = method{"ICoreWebView2Settings3", "SetAreBrowserAcceleratorKeysEnabled", 24, "b"}
	setPasswordAutosave = method{"ICoreWebView2Settings4", "SetIsPasswordAutosaveEnabled", 26, "b"}
	setAutofill         = method{"ICoreWebView2Settings4", "SetIsGeneralAutofillEnabled", 28, "b"}

	// Arguments of events.
	startingURI        = method{"ICoreWebView2NavigationStartingEventArgs", "Uri", 3, "p"}
	startingByUser     = method{"ICoreWebView2NavigationStartingEventArgs", "IsUserInitiated", 4, "p"}
	startingRedirected = method{"ICoreWebView2NavigationStartingEventArgs", "IsRedirected", 5, "p"}
	startingCancel     = method{"ICoreWebView2NavigationStartingEventArgs", "SetCancel", 8, "b"}
	loadingErrorPage   = method{"ICoreWebView2ContentLoadingEventArgs", "IsErrorPage", 3, "p"}
	completedSuccess   = method{"ICoreWebView2NavigationCompletedEventArgs", "IsSuccess", 3, "p"}
	completedStatus    = method{"ICoreWebView2NavigationCompletedEventArgs", "WebErrorStatus", 4, "p"}
	windowURI          = method{"ICoreWebView2NewWindowRequestedEventArgs", "Uri", 3, "p"}
	windowHandled      = method{"ICoreWebView2NewWindowRequestedEventArgs", "SetHandled", 6, "b"}
	windowByUser       = method{"ICoreWebView2NewWindowRequestedEventArgs", "IsUserInitiated", 8, "p"}
	permissionKind     = method{"ICoreWebView2PermissionRequestedEventArgs", "PermissionKind", 4, "p"}
	permissionState    = method{"ICoreWebView2PermissionRequestedEventArgs", "SetState", 7, "i"}
	permissionDeferral = method{"ICoreWebView2PermissionRequestedEventArgs", "GetDeferral", 8, "p"}
	failedKind         = method{"ICoreWebView2ProcessFailedEventArgs", "ProcessFailedKind", 3, "p"}
	failedReason       = method{"ICoreWebView2ProcessFailedEventArgs2", "Reason", 4, "p"}
	messageSource      = method{"ICoreWebView2WebMessageReceivedEventArgs", "Source", 3, "p"}
	messageText        = method{"ICoreWebView2WebMessageReceivedEventArgs", "TryGetWebMessageAsString", 5, "p"}
	requestedRequest   = method{"ICoreWebView2WebResourceRequestedEventArgs", "Request", 3, "p"}
	requestedResponse  = method{"ICoreWebView2WebResourceRequestedEventArgs", "SetResponse", 5, "p"}
	requestedDeferral  = method{"ICoreWebView2WebResourceRequestedEventArgs", "GetDeferral", 6, "p"}
	downloadOperation  = method{"ICoreWebView2DownloadStartingEventArgs", "DownloadOperation", 3, "p"}
	downloadCancel     = method{"ICoreWebView2DownloadStartingEventArgs", "SetCancel", 5, "b"}
	downloadPath       = method{"ICoreWebView2DownloadStartingEventArgs", "ResultFilePath", 6, "p"}
	setDownloadPath    = method{"ICoreWebView2DownloadStartingEventArgs", "SetResultFilePath", 7, "s"}
	downloadHandled    = method{"ICoreWebView2DownloadStartingEventArgs", "SetHandled", 9, "b"}
	downloadDeferral   = method{"ICoreWebView2DownloadStartingEventArgs", "GetDeferral", 10, "p"}
	eventParameters    = method{"ICoreWebView2DevToolsProtocolEventReceivedEventArgs", "ParameterObjectAsJson", 3, "p"}
	keyKind            = method{"ICoreWebView2AcceleratorKeyPressedEventArgs", "KeyEventKind", 3, "p"}
	keyCode            = method{"ICoreWebView2AcceleratorKeyPressedEventArgs", "VirtualKey", 4, "p"}
	keyHandled         = method{"ICoreWebView2AcceleratorKeyPressedEventArgs", "SetHandled", 8, "b"}
	complete           = method{"ICoreWebView2Deferral", "Complete", 3, ""}

	// Downloads.
	addBytesReceived  = method{"ICoreWebView2DownloadOperation", "add_BytesReceivedChanged", 3, "pp"}
	addStateChanged   = method{"ICoreWebView2DownloadOperation", "add_StateChanged", 7, "pp"}
	operationURI      = method{"ICoreWebView2DownloadOperation", "Uri", 9, "p"}
	operationTotal    = method{"ICoreWebView2DownloadOperation", "TotalBytesToReceive", 12, "p"}
	operationReceived = method{"ICoreWebView2DownloadOperation", "BytesReceived", 13, "p"}
	operationState    = method{"ICoreWebView2DownloadOperation", "State", 16, "p"}
	operationReason   = method{"ICoreWebView2DownloadOperation", "InterruptReason", 17, "p"}
	operationCancel   = method{"ICoreWebView2DownloadOperation", "Cancel", 18, ""}

	// Requests.
	requestURI      = method{"ICoreWebView2WebResourceRequest", "Uri", 3, "p"}
	requestMethod   = method{"ICoreWebView2WebResourceRequest", "Method", 5, "p"}
	requestContent  = method{"ICoreWebView2WebResourceRequest", "Content", 7, "p"}
	requestHeaders  = method{"ICoreWebView2WebResourceRequest", "Headers", 9, "p"}
	headersIterator = method{"ICoreWebView2HttpRequestHeaders", "GetIterator", 8, "p"}
	currentHeader   = method{"ICoreWebView2HttpHeadersCollectionIterator", "GetCurrentHeader", 3, "pp"}
	hasHeader       = method{"ICoreWebView2HttpHeadersCollectionIterator", "HasCurrentHeader", 4, "p"}
	nextHeader      = method{"ICoreWebView2HttpHeadersCollectionIterator", "MoveNext", 5, "p"}
)

// Interfaces that this package asks objects for, or has itself, by their names.
var faces = map[string]string{
	"ICoreWebView2_4":                                                  "20d02d59-6df2-42dc-bd06-f98a694b1302",
	"ICoreWebView2_7":                                                  "79c24d83-09a3-45ae-9418-487f32a58740",
	"ICoreWebView2_13":                                                 "f75f09a8-667e-4983-88d6-c8773f315e84",
	"ICoreWebView2Controller2":                                         "c979903e-d4ca-4228-92eb-47ee3fa96eab",
	"ICoreWebView2Controller4":                                         "97d418d5-a426-4e49-a151-e1a10f327d9e",
	"ICoreWebView2Environment10":                                       "ee0eb9df-6f12-46ce-b53f-3f47b9c928e0",
	"ICoreWebView2Settings2":                                           "ee9a0f68-f46c-4e32-ac23-ef8cac224d2a",
	"ICoreWebView2Settings3":                                           "fdb5ab74-af33-4854-84f0-0a631deb5eba",
	"ICoreWebView2Settings4":                                           "cb56846c-4168-4d53-b04f-03b6d6796ff2",
	"ICoreWebView2Profile2":                                            "fa740d4b-5eae-4344-a8ad-74be31925397",
	"ICoreWebView2ProcessFailedEventArgs2":                             "4dab9422-46fa-4c3e-a5d2-41d2071d3680",
	"ICoreWebView2EnvironmentOptions":                                  "2fde08a8-1e9a-4766-8c05-95a9ceb9d1c5",
	"ICoreWebView2EnvironmentOptions3":                                 "4a5c436e-a9e3-4a2e-89c3-910d3513f5cc",
	"ICoreWebView2EnvironmentOptions4":                                 "ac52d13f-0d38-475a-9dca-876580d6793e",
	"ICoreWebView2CustomSchemeRegistration":                            "d60ac92c-37a6-4b26-a39e-95cfe59047bb",
	"ICoreWebView2CreateCoreWebView2EnvironmentCompletedHandler":       "4e8a3389-c9d8-4bd2-b6b5-124fee6cc14d",
	"ICoreWebView2CreateCoreWebView2ControllerCompletedHandler":        "6c4819f3-c9b7-4260-8127-c9f5bde7f68c",
	"ICoreWebView2NavigationStartingEventHandler":                      "9adbe429-f36d-432b-9ddc-f8881fbd76e3",
	"ICoreWebView2NavigationCompletedEventHandler":                     "d33a35bf-1c49-4f98-93ab-006e0533fe1c",
	"ICoreWebView2ContentLoadingEventHandler":                          "364471e7-f2be-4910-bdba-d72077d51c4b",
	"ICoreWebView2SourceChangedEventHandler":                           "3c067f9f-5388-4772-8b48-79f7ef1ab37c",
	"ICoreWebView2HistoryChangedEventHandler":                          "c79a420c-efd9-4058-9295-3e8b4bcab645",
	"ICoreWebView2DocumentTitleChangedEventHandler":                    "f5f2b923-953e-4042-9f95-f3a118e1afd4",
	"ICoreWebView2NewWindowRequestedEventHandler":                      "d4c185fe-c81c-4989-97af-2d3fa7ab5651",
	"ICoreWebView2PermissionRequestedEventHandler":                     "15e1c6a3-c72a-4df3-91d7-d097fbec6bfd",
	"ICoreWebView2ProcessFailedEventHandler":                           "79e0aea4-990b-42d9-aa1d-0fcc2e5bc7f1",
	"ICoreWebView2WebMessageReceivedEventHandler":                      "57213f19-00e6-49fa-8e07-898ea01ecbd2",
	"ICoreWebView2WebResourceRequestedEventHandler":                    "ab00b74c-15f1-4646-80e8-e76341d25d71",
	"ICoreWebView2WindowCloseRequestedEventHandler":                    "5c19e9e0-092f-486b-affa-ca8231913039",
	"ICoreWebView2DownloadStartingEventHandler":                        "efedc989-c396-41ca-83f7-07f845a55724",
	"ICoreWebView2BytesReceivedChangedEventHandler":                    "828e8ab6-d94c-4264-9cef-5217170d6251",
	"ICoreWebView2StateChangedEventHandler":                            "81336594-7ede-4ba9-bf71-acf0a95b58dd",
	"ICoreWebView2DevToolsProtocolEventReceivedEventHandler":           "e2fda4be-5456-406c-a261-3d452138362c",
	"ICoreWebView2AddScriptToExecuteOnDocumentCreatedCompletedHandler": "b99369f3-9b11-47b5-bc6f-8e7895fcea17",
	"ICoreWebView2CallDevToolsProtocolMethodCompletedHandler":          "5c4889f0-5ef6-4c5a-952c-d8f1b92d0574",
	"ICoreWebView2PrintToPdfCompletedHandler":                          "ccf1ef04-fd8e-4d5f-b2de-0983e41b8c36",
	"ICoreWebView2AcceleratorKeyPressedEventHandler":                   "b29c7e28-fa79-41a8-8e44-65811c76dcb2",
	"ICoreWebView2ClearBrowsingDataCompletedHandler":                   "e9710a06-1d1d-49b2-8234-226f35846ae5",
}
