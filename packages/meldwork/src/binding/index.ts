export { SubjectUpdater, type UpdateOptions, updateSubject } from './subject-updater.js'
export { asSubjectUpdates, type SubjectUpdate, type UpdateParts } from './subject-updates.js'
