package webkitgtk

// library holds the C functions that are used. The name of a field is that
// of its function: see cName.
type library struct {
	settings settingsFuncs
	signals  signalFuncs
	texts    textFuncs

	// GLib
	gDgettext             cfunc
	gErrorFree            cfunc
	gErrorNewLiteral      cfunc
	gFree                 cfunc
	gIdleAddFull          cfunc
	gMainLoopNew          cfunc
	gMainLoopQuit         cfunc
	gMainLoopRun          cfunc
	gMainLoopUnref        cfunc
	gQuarkFromString      cfunc
	gSetenv               cfunc
	gUnsetenv             cfunc
	gSetApplicationName   cfunc
	gSetPrgname           cfunc
	gStrdup               cfunc
	gStrfreev             cfunc
	gTimeoutAddFull       cfunc
	gUnixFdAddFull        cfunc
	gBytesGetData         cfunc
	gBytesNewStatic       cfunc
	gBytesNewWithFreeFunc cfunc
	gBytesUnref           cfunc
	gVariantNewArray      cfunc
	gVariantNewDictEntry  cfunc
	gVariantNewString     cfunc
	gVariantNewVariant    cfunc
	gVariantRefSink       cfunc
	gVariantUnref         cfunc

	// GObject
	gEnumGetValueByNick       cfunc
	gObjectGet                cfunc
	gObjectNew                cfunc
	gObjectRef                cfunc
	gObjectRefSink            cfunc
	gObjectSet                cfunc
	gObjectUnref              cfunc
	gSignalEmitByName         cfunc
	gSignalHandlerDisconnect  cfunc
	gSignalStopEmissionByName cfunc
	gTypeClassRef             cfunc
	gTypeClassUnref           cfunc
	gTypeNameFromInstance     cfunc

	// GIO
	gInputStreamRead               cfunc
	gMemoryInputStreamNew          cfunc
	gMemoryInputStreamNewFromBytes cfunc
	gUnixInputStreamNew            cfunc

	// GDK
	cairoPaint                                cfunc
	cairoPopGroupToSource                     cfunc
	cairoPushGroup                            cfunc
	cairoRegionCreate                         cfunc
	cairoRegionDestroy                        cfunc
	gdkAtomIntern                             cfunc
	gdkCursorNewFromName                      cfunc
	gdkDeviceGetPosition                      cfunc
	gdkDeviceGetState                         cfunc
	gdkDeviceWarp                             cfunc
	gdkCairoGetClipRectangle                  cfunc
	gdkDisplayGetDefault                      cfunc
	gdkPangoContextGet                        cfunc
	gdkScreenGetResolution                    func(screen uintptr) float64
	gdkScreenSetResolution                    func(screen uintptr, dpi float64)
	gdkDisplayGetDefaultGroup                 cfunc
	gdkDisplayGetDefaultSeat                  cfunc
	gdkDisplayGetMonitor                      cfunc
	gdkDisplayGetMonitorAtWindow              cfunc
	gdkDisplayGetNMonitors                    cfunc
	gdkDisplayGetPrimaryMonitor               cfunc
	gdkDragStatus                             cfunc
	gdkMonitorGetGeometry                     cfunc
	gdkMonitorGetModel                        cfunc
	gdkMonitorGetScaleFactor                  cfunc
	gdkMonitorGetWorkarea                     cfunc
	gdkPropertyDelete                         cfunc
	gdkScreenGetDefault                       cfunc
	gdkEventFree                              cfunc
	gdkEventGetKeyval                         cfunc
	gdkEventGetState                          cfunc
	gdkEventNew                               cfunc
	gdkEventSetDevice                         cfunc
	gdkScreenGetRgbaVisual                    cfunc
	gdkSeatGetPointer                         cfunc
	gdkSetProgramClass                        cfunc
	gdkWindowGetFrameExtents                  cfunc
	gdkWindowGetGeometry                      cfunc
	gdkWindowGetOrigin                        cfunc
	gdkWindowGetState                         cfunc
	gdkWindowSetFunctions                     cfunc
	gdkWindowSetCursor                        cfunc
	gAppInfoCreateFromCommandline             cfunc
	gAppLaunchContextGetStartupNotifyId       cfunc
	gdkDisplayGetAppLaunchContext             cfunc
	gdkScreenGetMonitorPlugName               cfunc
	gdkWaylandWindowUnexportHandle            cfunc `need:"optional"`
	gdkWaylandWindowExportHandle              cfunc `need:"optional"`
	gdkX11GetServerTime                       cfunc `need:"optional"`
	gdkX11WindowGetXid                        cfunc `need:"optional"`
	gdkWaylandWindowAnnounceCsd               cfunc `need:"optional"`
	gdkWaylandWindowAnnounceSsd               cfunc `need:"optional"`
	gdkX11WindowSetUserTime                   cfunc `need:"optional"`
	gdkWaylandDisplaySetStartupNotificationId cfunc `need:"optional"`
	gdkX11GetDefaultXdisplay                  cfunc `need:"optional"`
	gdkKeyvalFromName                         cfunc
	gdkPixbufNewFromBytes                     cfunc
	gdkPixbufScaleSimple                      cfunc
	gdkUnicodeToKeyval                        cfunc
	gdkWindowGetDevicePosition                cfunc

	// Xlib
	queryExtension cfunc `symbol:"XQueryExtension" need:"optional"`
	eglQueryString cfunc `symbol:"eglQueryString" need:"optional"`
	grabPointer    cfunc `symbol:"XGrabPointer" need:"optional"`
	ungrabPointer  cfunc `symbol:"XUngrabPointer" need:"optional"`

	// Pango
	pangoContextLoadFont           cfunc
	pangoFontDescribe              cfunc
	pangoFontDescriptionFree       cfunc
	pangoFontDescriptionFromString cfunc
	pangoFontDescriptionGetFamily  cfunc

	// GTK
	gtkContainerPropagateDraw        cfunc
	gtkContainerRemove               cfunc
	gtkContainerForall               cfunc
	gtkContainerAdd                  cfunc
	gtkDragDestFindTarget            cfunc
	gtkDragFinish                    cfunc
	gtkDragGetData                   cfunc
	gtkInitCheck                     cfunc
	gtkOverlayAddOverlay             cfunc
	gtkOverlayNew                    cfunc
	gtkCssProviderNew                cfunc
	gtkCssProviderLoadFromData       cfunc
	gtkWidgetGetStyleContext         cfunc
	gtkStyleContextAddProvider       cfunc
	gtkStyleContextAddClass          cfunc
	gtkWidgetSetHalign               cfunc
	gtkWidgetSetValign               cfunc
	gtkLabelNew                      cfunc
	gtkLabelSetText                  cfunc
	gtkLabelSetLineWrap              cfunc
	gtkLabelSetLineWrapMode          cfunc
	gtkOverlaySetOverlayPassThrough  cfunc
	gtkOverlayReorderOverlay         cfunc
	gtkPrintSettingsNew              cfunc
	gtkPrintSettingsSet              cfunc
	gtkSelectionDataGetUris          cfunc
	gtkSettingsGetDefault            cfunc
	gtkTargetListAddUriTargets       cfunc
	gtkTargetListNew                 cfunc
	gtkWidgetDestroy                 cfunc
	gtkWidgetGetAllocatedHeight      cfunc
	gtkWidgetGetAllocatedWidth       cfunc
	gtkWidgetGetMapped               cfunc
	gtkWidgetGetScaleFactor          cfunc
	gtkWidgetGetVisible              cfunc
	gtkWidgetGetWindow               cfunc
	gtkGrabGetCurrent                cfunc
	gtkWidgetGrabFocus               cfunc
	gtkWidgetHide                    cfunc
	gtkWidgetInputShapeCombineRegion cfunc
	gtkWidgetOverrideBackgroundColor cfunc
	gtkWidgetQueueDraw               cfunc
	gtkWidgetQueueResize             cfunc
	gtkWidgetSetAppPaintable         cfunc
	gtkWidgetSetSensitive            cfunc
	gtkWidgetSetSizeRequest          cfunc
	gtkWidgetSetVisual               cfunc
	gtkWidgetShow                    cfunc
	gtkWindowBeginMoveDrag           cfunc
	gtkWindowBeginResizeDrag         cfunc
	gtkWindowDeiconify               cfunc
	gtkWindowFullscreen              cfunc
	gtkWindowFullscreenOnMonitor     cfunc
	gtkWindowGetSize                 cfunc
	gtkWindowIconify                 cfunc
	gtkWindowIsActive                cfunc
	gtkWindowMaximize                cfunc
	gtkWindowMove                    cfunc
	gtkWindowNew                     cfunc
	gtkWindowPresentWithTime         cfunc
	gtkWindowResize                  cfunc
	gtkWindowSetAcceptFocus          cfunc
	gtkWindowSetDecorated            cfunc
	gtkWindowSetDeletable            cfunc
	gtkWindowSetIcon                 cfunc
	gtkWindowSetFocusOnMap           cfunc
	gtkWindowSetGeometryHints        cfunc
	gtkWindowSetKeepAbove            cfunc
	gtkWindowSetKeepBelow            cfunc
	gtkWindowSetModal                cfunc
	gtkWindowSetTransientFor         cfunc
	gtkWindowSetPosition             cfunc
	gtkWindowSetResizable            cfunc
	gtkWindowSetSkipPagerHint        cfunc
	gtkWindowSetSkipTaskbarHint      cfunc
	gtkWindowSetTitle                cfunc
	gtkWindowSetUrgencyHint          cfunc
	gtkWindowStick                   cfunc
	gtkWindowUnfullscreen            cfunc
	gtkWindowUnmaximize              cfunc
	gtkWindowUnstick                 cfunc

	// GTK, for menus
	gtkAccelGroupNew                   cfunc
	gtkAccelLabelSetAccel              cfunc
	gtkBinGetChild                     cfunc
	gtkBoxNew                          cfunc
	gtkBoxPackStart                    cfunc
	gtkBoxReorderChild                 cfunc
	gtkCheckMenuItemNewWithMnemonic    cfunc
	gtkCheckMenuItemSetActive          cfunc
	gtkImageMenuItemNewWithMnemonic    cfunc
	gtkImageMenuItemSetAlwaysShowImage cfunc
	gtkImageMenuItemSetImage           cfunc
	gtkImageNewFromPixbuf              cfunc
	gtkMenuAttachToWidget              cfunc
	gtkMenuBarNew                      cfunc
	gtkMenuItemNewWithMnemonic         cfunc
	gtkMenuItemSetSubmenu              cfunc
	gtkMenuNew                         cfunc
	gtkMenuPopupAtRect                 cfunc
	gtkMenuShellAppend                 cfunc
	gtkSeparatorMenuItemNew            cfunc
	gtkWidgetAddAccelerator            cfunc
	gtkWidgetGetPreferredHeight        cfunc
	gtkWidgetHasFocus                  cfunc
	gtkWidgetShowAll                   cfunc
	gtkWidgetTranslateCoordinates      cfunc
	gtkWindowAddAccelGroup             cfunc
	gtkWindowRemoveAccelGroup          cfunc

	// libsoup
	soupMessageHeadersAppend   cfunc
	soupMessageHeadersIterInit cfunc
	soupMessageHeadersIterNext cfunc
	soupMessageHeadersGetOne   cfunc
	soupMessageHeadersNew      cfunc

	// JavaScriptCore
	jscContextNew              cfunc
	jscValueGetContext         cfunc
	jscValueIsString           cfunc
	jscValueNewStringFromBytes cfunc
	jscValueToStringAsBytes    cfunc

	// WebKit: context
	webkitGetMajorVersion                                         cfunc
	webkitGetMicroVersion                                         cfunc
	webkitGetMinorVersion                                         cfunc
	webkitSecurityManagerRegisterUriSchemeAsCorsEnabled           cfunc
	webkitSecurityManagerRegisterUriSchemeAsSecure                cfunc
	webkitMemoryPressureSettingsFree                              cfunc
	webkitMemoryPressureSettingsNew                               cfunc
	webkitMemoryPressureSettingsSetKillThreshold                  func(settings uintptr, fraction float64)
	webkitMemoryPressureSettingsSetMemoryLimit                    cfunc
	webkitMemoryPressureSettingsSetPollInterval                   func(settings uintptr, seconds float64)
	webkitCookieManagerGetAcceptPolicy                            cfunc
	webkitCookieManagerGetAcceptPolicyFinish                      cfunc
	webkitCookieManagerSetPersistentStorage                       cfunc
	webkitApplicationInfoNew                                      cfunc
	webkitApplicationInfoSetName                                  cfunc
	webkitApplicationInfoSetVersion                               cfunc
	webkitApplicationInfoUnref                                    cfunc
	webkitAutomationSessionSetApplicationInfo                     cfunc
	webkitWebContextGetCookieManager                              cfunc
	webkitWebContextGetSecurityManager                            cfunc
	webkitWebContextGetType                                       cfunc
	webkitWebContextRegisterUriScheme                             cfunc
	webkitWebContextSetAutomationAllowed                          cfunc
	webkitWebContextSetCacheModel                                 cfunc
	webkitWebContextSetPreferredLanguages                         cfunc
	webkitWebContextSetSpellCheckingEnabled                       cfunc
	webkitWebsiteDataManagerClear                                 cfunc
	webkitWebsiteDataManagerClearFinish                           cfunc
	webkitWebsiteDataManagerNew                                   cfunc
	webkitPrintOperationNew                                       cfunc
	webkitPrintOperationPrint                                     cfunc
	webkitPrintOperationSetPrintSettings                          cfunc
	webkitNetworkProxySettingsFree                                cfunc
	webkitNetworkProxySettingsNew                                 cfunc
	webkitWebsiteDataManagerNewEphemeral                          cfunc
	webkitWebsiteDataManagerSetNetworkProxySettings               cfunc
	webkitWebsiteDataManagerSetPersistentCredentialStorageEnabled cfunc
	webkitWebsiteDataManagerSetTlsErrorsPolicy                    cfunc

	// WebKit: view
	webkitBackForwardListGetCurrentItem                           cfunc
	webkitBackForwardListItemGetUri                               cfunc
	webkitSettingsNew                                             cfunc
	webkitSettingsSetHardwareAccelerationPolicy                   cfunc
	webkitUserContentManagerAddScript                             cfunc
	webkitUserContentManagerAddStyleSheet                         cfunc
	webkitUserContentManagerNew                                   cfunc
	webkitUserContentManagerRegisterScriptMessageHandlerWithReply cfunc
	webkitUserContentManagerRemoveAllScripts                      cfunc
	webkitUserContentManagerRemoveAllStyleSheets                  cfunc
	webkitUserContentManagerUnregisterScriptMessageHandler        cfunc
	webkitUserScriptNew                                           cfunc
	webkitUserScriptNewForWorld                                   cfunc
	webkitUserScriptUnref                                         cfunc
	webkitUserStyleSheetNew                                       cfunc
	webkitUserStyleSheetUnref                                     cfunc
	webkitWebInspectorClose                                       cfunc
	webkitWebInspectorGetWebView                                  cfunc
	webkitWebInspectorShow                                        cfunc
	webkitWebViewCallAsyncJavascriptFunction                      cfunc
	webkitWebViewCallAsyncJavascriptFunctionFinish                cfunc
	webkitWebViewGetBackForwardList                               cfunc
	webkitWebViewGetInspector                                     cfunc
	webkitWebViewGetWebsiteDataManager                            cfunc
	webkitWebViewGetIsWebProcessResponsive                        cfunc
	webkitWebViewGetSessionState                                  cfunc
	webkitWebViewGetTitle                                         cfunc
	webkitWebViewGetType                                          cfunc
	webkitWebViewGetUri                                           cfunc
	webkitWebViewCanGoBack                                        cfunc
	webkitWebViewCanGoForward                                     cfunc
	webkitWebViewGoBack                                           cfunc
	webkitWebViewGoForward                                        cfunc
	webkitWebViewGoToBackForwardListItem                          cfunc
	webkitWebViewLoadUri                                          cfunc
	webkitWebViewIsLoading                                        cfunc
	webkitWebViewReload                                           cfunc
	webkitWebViewStopLoading                                      cfunc
	webkitWebViewRestoreSessionState                              cfunc
	webkitWebViewSessionStateNew                                  cfunc
	webkitWebViewSessionStateSerialize                            cfunc
	webkitWebViewSessionStateUnref                                cfunc
	webkitWebViewSetBackgroundColor                               cfunc
	webkitWebViewTerminateWebProcess                              cfunc
	webkitWebViewExecuteEditingCommand                            cfunc
	webkitWebViewSetZoomLevel                                     func(view uintptr, level float64)

	// WebKit: messages and requests
	webkitScriptDialogConfirmSetConfirmed      cfunc
	webkitScriptDialogGetDialogType            cfunc
	webkitScriptMessageReplyRef                cfunc
	webkitScriptMessageReplyReturnErrorMessage cfunc
	webkitScriptMessageReplyReturnValue        cfunc
	webkitScriptMessageReplyUnref              cfunc
	webkitUriSchemeRequestFinishError          cfunc
	webkitUriSchemeRequestFinishWithResponse   cfunc
	webkitUriSchemeRequestGetHttpBody          cfunc
	webkitUriSchemeRequestGetHttpHeaders       cfunc
	webkitUriSchemeRequestGetHttpMethod        cfunc
	webkitUriSchemeRequestGetUri               cfunc
	webkitUriSchemeRequestGetWebView           cfunc
	webkitUriSchemeResponseNew                 cfunc
	webkitUriSchemeResponseSetContentType      cfunc
	webkitUriSchemeResponseSetHttpHeaders      cfunc
	webkitUriSchemeResponseSetStatus           cfunc

	// WebKit: decisions
	webkitAuthenticationRequestCancel                   cfunc
	webkitContextMenuActionGetType                      cfunc
	webkitContextMenuFirst                              cfunc
	webkitContextMenuGetItemAtPosition                  cfunc
	webkitContextMenuGetNItems                          cfunc
	webkitContextMenuItemGetStockAction                 cfunc
	webkitContextMenuItemIsSeparator                    cfunc
	webkitContextMenuLast                               cfunc
	webkitContextMenuRemove                             cfunc
	webkitDownloadCancel                                cfunc
	webkitDownloadGetReceivedDataLength                 cfunc
	webkitDownloadGetRequest                            cfunc
	webkitDownloadGetResponse                           cfunc
	webkitDownloadGetWebView                            cfunc
	webkitDownloadSetAllowOverwrite                     cfunc
	webkitDownloadSetDestination                        cfunc
	webkitFileChooserRequestCancel                      cfunc
	webkitFileChooserRequestGetMimeTypes                cfunc
	webkitFileChooserRequestGetSelectMultiple           cfunc
	webkitFileChooserRequestSelectFiles                 cfunc
	webkitNavigationActionGetNavigationType             cfunc
	webkitNavigationActionGetRequest                    cfunc
	webkitNavigationActionIsRedirect                    cfunc
	webkitNavigationActionIsUserGesture                 cfunc
	webkitNavigationPolicyDecisionGetNavigationAction   cfunc
	webkitPermissionRequestAllow                        cfunc
	webkitPermissionRequestDeny                         cfunc
	webkitPolicyDecisionDownload                        cfunc
	webkitPolicyDecisionIgnore                          cfunc
	webkitPolicyDecisionUse                             cfunc
	webkitResponsePolicyDecisionGetRequest              cfunc
	webkitResponsePolicyDecisionGetResponse             cfunc
	webkitResponsePolicyDecisionIsMainFrameMainResource cfunc
	webkitResponsePolicyDecisionIsMimeTypeSupported     cfunc
	webkitUriRequestGetUri                              cfunc
	webkitUriResponseGetContentLength                   cfunc
	webkitUriResponseGetHttpHeaders                     cfunc
	webkitUserMediaPermissionIsForAudioDevice           cfunc
	webkitUserMediaPermissionIsForDisplayDevice         cfunc
	webkitUserMediaPermissionIsForVideoDevice           cfunc
}

// toolkit is library for the process that shows dialogs.
type toolkit struct {
	settings settingsFuncs
	signals  signalFuncs
	texts    textFuncs

	gBytesNewWithFreeFunc cfunc
	gBytesUnref           cfunc
	gDgettext             cfunc
	gFree                 cfunc
	gIdleAddFull          cfunc
	gMainLoopNew          cfunc
	gMainLoopQuit         cfunc
	gMainLoopRun          cfunc
	gObjectUnref          cfunc
	gSetApplicationName   cfunc
	gSetPrgname           cfunc
	gSlistFree            cfunc
	gSlistLength          cfunc
	gSlistNthData         cfunc
	gStrdup               cfunc
	gTypeNameFromInstance cfunc

	gdkDisplayGetDefault                    cfunc
	gdkPixbufNewFromBytes                   cfunc
	gdkSetProgramClass                      cfunc
	gdkWindowSetTransientFor                cfunc
	gdkX11WindowForeignNewForDisplay        cfunc `need:"optional"`
	gdkWaylandWindowSetTransientForExported cfunc `need:"optional"`

	gtkContainerForeach             cfunc
	gtkDialogAddButton              cfunc
	gtkDialogSetDefaultResponse     cfunc
	gtkFileChooserAddFilter         cfunc
	gtkFileChooserDialogNew         cfunc
	gtkFileChooserGetFilenames      cfunc
	gtkFileChooserSetCreateFolders  cfunc
	gtkFileChooserSetCurrentFolder  cfunc
	gtkFileChooserSetCurrentName    cfunc
	gtkFileChooserSetSelectMultiple cfunc
	gtkFileFilterAddMimeType        cfunc
	gtkFileFilterAddPattern         cfunc
	gtkFileFilterNew                cfunc
	gtkFileFilterSetName            cfunc
	gtkImageNewFromPixbuf           cfunc
	gtkInitCheck                    cfunc
	gtkLabelSetSelectable           cfunc
	gtkMessageDialogGetMessageArea  cfunc
	gtkMessageDialogNew             cfunc
	gtkMessageDialogSetImage        cfunc
	gtkWidgetDestroy                cfunc
	gtkWidgetGetWindow              cfunc
	gtkWidgetRealize                cfunc
	gtkWidgetShow                   cfunc
	gtkWindowPresent                cfunc
	gtkWindowSetModal               cfunc
	gtkWindowSetSkipTaskbarHint     cfunc
	gtkWindowSetTitle               cfunc
	gtkWindowSetTransientFor        cfunc
}
